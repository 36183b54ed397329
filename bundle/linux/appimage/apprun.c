/* Starts the program of the AppImage with the libraries that suit this system.
 *
 * usr/lib is found by the program itself (its RPATH). usr/newer has libraries that drivers of this system use too, such as those of X,
 * Wayland and C++: of each the newer one is taken, the system's or that of the AppImage, because it can do what the older one can. The
 * C library goes with its loader: where the system's is older than the one that the program was built with, both come from usr/libc.
 * Nothing is set that would change what libraries a browser or file manager gets that the program opens, but for what GStreamer and GIO are
 * told by their variables; the program takes those out of what it opens (src/opening.rs).
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const FOLDERS[] = { "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64",
				       "/usr/lib64",		"/usr/lib",		     "/lib" };
static const char LOADER[] = "/lib64/ld-linux-x86-64.so.2";

static void join(char *to, const char *before, const char *after)
{
	if (snprintf(to, PATH_MAX, "%s%s", before, after) >= PATH_MAX) {
		fprintf(stderr, "AppImage: a path is too long: %s\n", after);
		exit(127);
	}
}

static int is_of_this_processor(const char *file)
{
	Elf64_Ehdr head;
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, &head, sizeof head);
	if (fd >= 0)
		close(fd);
	return got == sizeof head && memcmp(head.e_ident, ELFMAG, SELFMAG) == 0 && head.e_ident[EI_CLASS] == ELFCLASS64 &&
	       head.e_machine == EM_X86_64;
}

/* The real name of this library of the system, with its whole version, such as libX11.so.6.4.0. */
static int of_system(const char *name, char *real)
{
	for (size_t i = 0; i < sizeof FOLDERS / sizeof *FOLDERS; i++) {
		char file[PATH_MAX];
		snprintf(file, sizeof file, "%s/%s", FOLDERS[i], name);
		if (is_of_this_processor(file) && realpath(file, real))
			return 1;
	}
	return 0;
}

/* The newest GLIBC_2.N that a C library defines: N, or 0. */
static long version_of_libc(const char *file)
{
	static const char MARK[] = "GLIBC_2.";
	long newest = 0;
	struct stat stat;
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &stat) != 0)
		return 0;
	char *bytes = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (bytes == MAP_FAILED)
		return 0;
	const char *at = bytes, *end = bytes + stat.st_size;
	while ((at = memmem(at, (size_t)(end - at), MARK, sizeof MARK - 1))) {
		at += sizeof MARK - 1;
		long found = 0;
		while (at < end && *at >= '0' && *at <= '9')
			found = found * 10 + (*at++ - '0');
		newest = found > newest ? found : newest;
	}
	munmap(bytes, (size_t)stat.st_size);
	return newest;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* Adds the folders of those libraries in usr/newer that this system lacks or has older. */
static void add_newer(const char *root, char *path, size_t size)
{
	char newer[PATH_MAX];
	join(newer, root, "/usr/newer");
	DIR *folder = opendir(newer);
	for (struct dirent *entry; folder && (entry = readdir(folder));) {
		char inside[PATH_MAX + 300], link[PATH_MAX + 600], ours[PATH_MAX], real[PATH_MAX];
		if (entry->d_name[0] == '.')
			continue;
		snprintf(inside, sizeof inside, "%s/%s", newer, entry->d_name);
		size_t used = strlen(path), left = size - used;
		snprintf(link, sizeof link, "%s/%s", inside, entry->d_name);
		if (!realpath(link, ours))
			continue;
		if (of_system(entry->d_name, real) && strverscmp(last_part(real), last_part(ours)) >= 0)
			continue;
		if (strlen(inside) + 2 < left)
			snprintf(path + used, left, "%s%s", used ? ":" : "", inside);
	}
	if (folder)
		closedir(folder);
}

/* Whether the system has every library that the file names, one a line. */
static int has_all(const char *file)
{
	char name[NAME_MAX + 2], real[PATH_MAX];
	FILE *needs = fopen(file, "re");
	int all = needs != NULL;
	while (all && fgets(name, sizeof name, needs)) {
		name[strcspn(name, "\n")] = 0;
		all = of_system(name, real);
	}
	if (needs)
		fclose(needs);
	return all;
}

/* Adds the folders of those plug-ins whose libraries come from the system, where it has them: GStreamer complains of the others. */
static void add_plugins(const char *root, char *path, size_t size)
{
	char folder[PATH_MAX];
	join(folder, root, "/usr/lib/gstreamer-where");
	DIR *all = opendir(folder);
	for (struct dirent *entry; all && (entry = readdir(all));) {
		char needs[PATH_MAX + 300];
		size_t used = strlen(path);
		if (entry->d_name[0] == '.')
			continue;
		snprintf(needs, sizeof needs, "%s/%s/needs", folder, entry->d_name);
		if (has_all(needs))
			snprintf(path + used, size - used, ":%s/%s", folder, entry->d_name);
	}
	if (all)
		closedir(all);
}

static void set_for_gstreamer(const char *root)
{
	static char plugins[1 << 16];
	char path[PATH_MAX];
	join(path, root, "/usr/lib/gstreamer-1.0");
	strcpy(plugins, path);
	add_plugins(root, plugins, sizeof plugins);
	setenv("GST_PLUGIN_SYSTEM_PATH_1_0", plugins, 1);
	setenv("GST_PLUGIN_PATH_1_0", "", 1);
	/* A scanner would be one more program to be started with these libraries. */
	setenv("GST_REGISTRY_FORK", "no", 1);
	/* The folder has another name at each start, so that a list that was kept would be wrong. Here none can be written. */
	join(path, root, "/registry.bin");
	setenv("GST_REGISTRY_1_0", path, 1);
	unsetenv("GST_PLUGIN_SYSTEM_PATH");
	unsetenv("GST_PLUGIN_PATH");
	unsetenv("GST_REGISTRY");
	join(path, root, "/usr/lib/gio");
	setenv("GIO_MODULE_DIR", path, 1);
}

/* The tables of keyboards belong to the system, which has them wherever it has a keyboard of its own. */
static void set_for_keyboards(const char *root)
{
	char path[PATH_MAX];
	join(path, root, "/usr/share/X11/xkb");
	if (access("/usr/share/X11/xkb/rules/evdev", R_OK) != 0)
		setenv("XKB_CONFIG_ROOT", path, 0);
}

int main(int argc, char **argv)
{
	static char libraries[1 << 16], all[1 << 17];
	char self[PATH_MAX], program[PATH_MAX], own[PATH_MAX], system[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
	if (length <= 0) {
		fputs("AppImage: its own file is not known, because /proc is not there\n", stderr);
		return 127;
	}
	self[length] = 0;
	*strrchr(self, '/') = 0;
	const char *root = self;
	setenv("APPDIR", root, 1);
	join(program, root, "/usr/bin/monomi");
	join(own, root, "/usr/libc/libc.so.6");
	set_for_gstreamer(root);
	set_for_keyboards(root);
	add_newer(root, libraries, sizeof libraries);
	int suits = access(LOADER, X_OK) == 0 && of_system("libc.so.6", system) && version_of_libc(system) >= version_of_libc(own);
	const char *set = getenv("LD_LIBRARY_PATH");
	if (suits) {
		if (*libraries) {
			snprintf(all, sizeof all, "%s%s%s", libraries, set && *set ? ":" : "", set ? set : "");
			setenv("LD_LIBRARY_PATH", all, 1);
		}
		argv[0] = program;
		execv(program, argv);
	} else {
		char loader[PATH_MAX];
		join(loader, root, "/usr/libc/ld-linux-x86-64.so.2");
		snprintf(all, sizeof all, "%s/usr/libc%s%s%s%s", root, *libraries ? ":" : "", libraries, set && *set ? ":" : "",
			 set ? set : "");
		char **words = calloc((size_t)argc + 6, sizeof *words);
		if (!words)
			return 127;
		char *before[] = { loader, "--argv0", "monomi", "--library-path", all, program };
		memcpy(words, before, sizeof before);
		memcpy(words + 6, argv + 1, sizeof *argv * (size_t)argc);
		execv(loader, words);
	}
	fprintf(stderr, "AppImage: %s does not start: %s\n", program, strerror(errno));
	return 127;
}
