/* monomi.com: what a terminal finds when "monomi" is typed. It starts monomi.exe, which has windows and so is not waited for by a
 * terminal, with the same arguments and streams, waits for it, and ends as it did. Ctrl+C is for monomi.exe, which hears it too. */

#include <windows.h>

static BOOL WINAPI leave_it(DWORD event) {
    (void)event;
    return TRUE;
}

int main(void) {
    static WCHAR program[32768];
    STARTUPINFOW start = {.cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION process;
    DWORD code = 1, length = GetModuleFileNameW(NULL, program, 32767);
    if (length < 4) return 1;
    lstrcpyW(program + length - 4, L".exe");
    SetConsoleCtrlHandler(leave_it, TRUE);
    start.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
    start.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
    start.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    if (!CreateProcessW(program, GetCommandLineW(), NULL, NULL, TRUE, 0, NULL, NULL, &start, &process)) return 1;
    WaitForSingleObject(process.hProcess, INFINITE);
    GetExitCodeProcess(process.hProcess, &code);
    return (int)code;
}
