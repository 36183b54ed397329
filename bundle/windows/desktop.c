/* A window for tests, never shown: says "there" once it is, and keeps the desktop of Wine, which ends with its last program. */

#include <stdio.h>
#include <windows.h>

int main(void) {
    WNDCLASSW class = {.lpfnWndProc = DefWindowProcW, .hInstance = GetModuleHandleW(NULL), .lpszClassName = L"Desktop"};
    MSG message;
    RegisterClassW(&class);
    if (!CreateWindowExW(0, class.lpszClassName, NULL, 0, 0, 0, 0, 0, NULL, NULL, class.hInstance, NULL)) return 1;
    puts("there");
    fflush(stdout);
    while (GetMessageW(&message, NULL, 0, 0) > 0) DispatchMessageW(&message);
    return 0;
}
