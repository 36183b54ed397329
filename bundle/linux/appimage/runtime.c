/* The head of the AppImage: a static program that shows the file system behind it and runs what is in there.
 *
 * It does what the specification of AppImage type 2 asks of a runtime, with the libraries squashfuse and libfuse of Debian. Where the
 * system has no FUSE (/dev/fuse, fusermount3) it unpacks instead of mounting, and removes what it unpacked when the program has ended.
 * One process keeps the files there; it waits for the end of a pipe that the program and all its children hold, so that a
 * browser that shows the handbook does not lose it. The program itself takes the place of this process: signals and its exit code are its own.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <squashfuse/config.h>
#include <squashfuse/ll.h>

static const char HELP[] =
	"This is an AppImage: one file that runs without being installed.\n\n"
	"  --appimage-extract            unpack it into the folder squashfs-root and end\n"
	"  --appimage-extract-and-run    unpack it, run it, and remove what was unpacked\n"
	"                                (the same: APPIMAGE_EXTRACT_AND_RUN=1)\n"
	"  --appimage-mount              show its files in a folder until it is interrupted\n"
	"  --appimage-offset             print where its file system begins\n"
	"  --appimage-help               print this\n\n"
	"All other arguments are the program's.\n";

static void say(const char *what, const char *why)
{
	fprintf(stderr, "AppImage: %s%s%s\n", what, why ? ": " : "", why ? why : "");
}

/* Where the program ends in its own file, which is where the file system begins: its section headers are last. 0 on failure. */
static size_t end_of_program(const char *file)
{
	Elf64_Ehdr head;
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : pread(fd, &head, sizeof head, 0);
	if (fd >= 0)
		close(fd);
	if (got != sizeof head || memcmp(head.e_ident, ELFMAG, SELFMAG) != 0)
		return 0;
	return head.e_shoff + (size_t)head.e_shentsize * head.e_shnum;
}

static int write_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t done = write(fd, bytes, length);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return -1;
		bytes += done;
		length -= (size_t)done;
	}
	return 0;
}

static int unpack_file(sqfs *fs, sqfs_inode *inode, const char *to)
{
	static char block[1 << 20];
	int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, inode->base.mode & 0777);
	if (fd < 0)
		return -1;
	sqfs_off_t at = 0, size = (sqfs_off_t)inode->xtra.reg.file_size;
	int wrong = 0;
	while (at < size && !wrong) {
		sqfs_off_t length = size - at < (sqfs_off_t)sizeof block ? size - at : (sqfs_off_t)sizeof block;
		wrong = sqfs_read_range(fs, inode, at, &length, block) != SQFS_OK || length <= 0 ||
			write_all(fd, block, (size_t)length) != 0;
		at += length;
	}
	return close(fd) != 0 || wrong ? -1 : 0;
}

static int unpack_link(sqfs *fs, sqfs_inode *inode, const char *to)
{
	char target[PATH_MAX];
	size_t size = sizeof target;
	return sqfs_readlink(fs, inode, target, &size) == SQFS_OK ? symlink(target, to) : -1;
}

/* Unpacks everything into the folder, which is there and empty. */
static int unpack(const char *file, size_t offset, const char *folder)
{
	sqfs fs;
	sqfs_traverse walk;
	sqfs_err err = sqfs_open_image(&fs, file, offset);
	if (err != SQFS_OK)
		return -1;
	if (sqfs_traverse_open(&walk, &fs, sqfs_inode_root(&fs)) != SQFS_OK)
		return -1;
	int wrong = 0;
	while (!wrong && sqfs_traverse_next(&walk, &err)) {
		if (walk.dir_end)
			continue;
		char to[PATH_MAX];
		sqfs_inode inode;
		if (snprintf(to, sizeof to, "%s/%s", folder, walk.path) >= (int)sizeof to ||
		    sqfs_inode_get(&fs, &inode, sqfs_dentry_inode(&walk.entry)) != SQFS_OK)
			wrong = 1;
		else if (S_ISDIR(inode.base.mode))
			wrong = mkdir(to, 0755) != 0;
		else if (S_ISLNK(inode.base.mode))
			wrong = unpack_link(&fs, &inode, to) != 0;
		else if (S_ISREG(inode.base.mode))
			wrong = unpack_file(&fs, &inode, to) != 0;
	}
	sqfs_traverse_close(&walk);
	sqfs_destroy(&fs);
	sqfs_fd_close(fs.fd);
	return wrong || err != SQFS_OK ? -1 : 0;
}

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *at)
{
	(void)stat, (void)kind, (void)at;
	return remove(path);
}

static void remove_all(const char *folder)
{
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Mounts at the folder and serves it in a process of its own. Returns that process, or -1 where nothing can be mounted. */
static pid_t serve(const char *file, size_t offset, const char *folder)
{
	int ready[2];
	if (pipe2(ready, O_CLOEXEC) != 0)
		return -1;
	pid_t server = fork();
	if (server == 0) {
		struct fuse_lowlevel_ops ops = {
			.getattr = sqfs_ll_op_getattr, .opendir = sqfs_ll_op_opendir, .releasedir = sqfs_ll_op_releasedir,
			.readdir = sqfs_ll_op_readdir, .lookup = sqfs_ll_op_lookup, .open = sqfs_ll_op_open,
			.create = sqfs_ll_op_create, .release = sqfs_ll_op_release, .read = sqfs_ll_op_read,
			.readlink = sqfs_ll_op_readlink, .forget = sqfs_ll_op_forget, .statfs = stfs_ll_op_statfs,
		};
		char *words[] = { "monomi", "-o", "ro,nodev,nosuid,fsname=monomi.AppImage,subtype=squashfuse", NULL };
		struct fuse_args args = FUSE_ARGS_INIT(3, words);
		sqfs_ll_chan channel;
		sqfs_ll *fs = sqfs_ll_open(file, offset);
		/* What libfuse says of a system without FUSE is no news: the caller unpacks then. */
		int null = open("/dev/null", O_WRONLY);
		dup2(null, STDERR_FILENO);
		if (!fs || sqfs_ll_mount(&channel, folder, &args, &ops, sizeof ops, fs) != SQFS_OK)
			_exit(1);
		/* libfuse hears no signal that is ignored. */
		signal(SIGTERM, SIG_DFL);
		if (fuse_set_signal_handlers(channel.session) != 0)
			_exit(1);
		write_all(ready[1], "1", 1);
		fuse_session_loop(channel.session);
		sqfs_ll_unmount(&channel, folder);
		_exit(0);
	}
	close(ready[1]);
	char byte;
	ssize_t got;
	while ((got = read(ready[0], &byte, 1)) < 0 && errno == EINTR)
		;
	close(ready[0]);
	if (got == 1)
		return server;
	if (server > 0)
		waitpid(server, NULL, 0);
	return -1;
}

/* Has the files at the folder until nobody holds `alive` any more. Says by one byte to `ready` that they are there. */
static void keep(const char *file, size_t offset, const char *folder, int mounting, int alive, int ready)
{
	/* A terminal interrupts all of its processes; the program still has to say goodbye then, and needs its files. */
	setsid();
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	pid_t server = mounting ? serve(file, offset, folder) : -1;
	if (server > 0 || unpack(file, offset, folder) == 0) {
		write_all(ready, "1", 1);
		close(ready);
		/* The output may be a pipe whose other end waits for all its writers. */
		int null = open("/dev/null", O_RDWR);
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		char byte;
		while (read(alive, &byte, 1) < 0 && errno == EINTR)
			;
	}
	if (server > 0) {
		kill(server, SIGTERM);
		waitpid(server, NULL, 0);
		rmdir(folder);
	} else {
		remove_all(folder);
	}
	_exit(0);
}

static int is(const char *argument, const char *name)
{
	return argument && strcmp(argument, name) == 0;
}

/* A new folder for this user alone. 0 on success. */
static int new_folder(char *folder, size_t size)
{
	const char *temporary = getenv("TMPDIR");
	const char *places[] = { temporary && *temporary ? temporary : "/tmp", getenv("XDG_RUNTIME_DIR"), getenv("HOME") };
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		if (places[i] && snprintf(folder, size, "%s/.mount_monomiXXXXXX", places[i]) < (int)size && mkdtemp(folder))
			return 0;
	}
	return -1;
}

int main(int argc, char **argv)
{
	char file[PATH_MAX], folder[PATH_MAX], program[PATH_MAX + 16];
	ssize_t length = readlink("/proc/self/exe", file, sizeof file - 1);
	if (length <= 0) {
		say("its own file is not known, because /proc is not there", NULL);
		return 127;
	}
	file[length] = 0;
	size_t offset = end_of_program(file);
	const char *first = argc > 1 ? argv[1] : NULL;
	const char *unpacks = getenv("APPIMAGE_EXTRACT_AND_RUN");
	int mounting = !(unpacks && *unpacks && !is(unpacks, "0"));
	if (is(first, "--appimage-help")) {
		fputs(HELP, stdout);
		return 0;
	}
	if (is(first, "--appimage-offset")) {
		printf("%zu\n", offset);
		return 0;
	}
	if (is(first, "--appimage-extract")) {
		if (mkdir("squashfs-root", 0755) == 0 && unpack(file, offset, "squashfs-root") == 0) {
			puts("squashfs-root");
			return 0;
		}
		say("it could not be unpacked into squashfs-root here", errno ? strerror(errno) : NULL);
		return 1;
	}
	int mount_only = is(first, "--appimage-mount");
	if (is(first, "--appimage-extract-and-run")) {
		mounting = 0;
		memmove(&argv[1], &argv[2], sizeof *argv * (size_t)(argc - 1));
	}
	int alive[2], ready[2];
	if (new_folder(folder, sizeof folder) != 0 || pipe(alive) != 0 || pipe2(ready, O_CLOEXEC) != 0) {
		say("no temporary folder can be made", strerror(errno));
		return 127;
	}
	/* Twice, so that the keeper is no child of the program, which does not know it. */
	pid_t first_child = fork();
	if (first_child == 0) {
		if (fork() == 0) {
			close(alive[1]);
			close(ready[0]);
			keep(file, offset, folder, mounting, alive[0], ready[1]);
		}
		_exit(0);
	}
	waitpid(first_child, NULL, 0);
	close(alive[0]);
	close(ready[1]);
	char byte;
	ssize_t got;
	while ((got = read(ready[0], &byte, 1)) < 0 && errno == EINTR)
		;
	if (got != 1) {
		say("its files can be neither mounted nor unpacked; is there room in", folder);
		return 127;
	}
	close(ready[0]);
	if (mount_only) {
		puts(folder);
		fflush(stdout);
		pause();
		return 0;
	}
	char here[PATH_MAX];
	setenv("APPIMAGE", file, 1);
	setenv("APPDIR", folder, 1);
	setenv("ARGV0", argv[0] ? argv[0] : file, 1);
	if (getcwd(here, sizeof here))
		setenv("OWD", here, 1);
	snprintf(program, sizeof program, "%s/AppRun", folder);
	argv[0] = program;
	execv(program, argv);
	say("the program inside does not start", strerror(errno));
	return 127;
}
