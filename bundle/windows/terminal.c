/* A terminal for tests: runs a program in a new console, presses Ctrl+C there when a line comes on standard input, and ends as it did. */

#include <stdio.h>
#include <windows.h>

static BOOL WINAPI leave_it(DWORD event) {
    (void)event;
    return TRUE;
}

/* What follows the program's own name. */
static WCHAR *rest(WCHAR *line) {
    BOOL quoted = FALSE;
    for (; *line && (quoted || *line != L' '); line++) {
        if (*line == L'"') quoted = !quoted;
    }
    while (*line == L' ') line++;
    return line;
}

int main(void) {
    STARTUPINFOW start = {.cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION process;
    DWORD code = 1;
    HANDLE in = GetStdHandle(STD_INPUT_HANDLE);
    char line[16];
    start.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
    start.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    FreeConsole();
    if (!AllocConsole()) return 101;
    SetConsoleCtrlHandler(leave_it, TRUE);
    if (!CreateProcessW(NULL, rest(GetCommandLineW()), NULL, NULL, TRUE, 0, NULL, NULL, &start, &process)) return 102;
    if (!ReadFile(in, line, sizeof line, &code, NULL)) return 103;
    if (!GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0)) return 104;
    WaitForSingleObject(process.hProcess, INFINITE);
    GetExitCodeProcess(process.hProcess, &code);
    return (int)code;
}
