; monomi-setup.exe: installs Monomi for one user, without an administrator. /S does it in silence, /D=FOLDER elsewhere, /AUTOSTART=1 has
; Monomi start with the session. bundle/windows/installer.sh gives VERSION, STAGE, UNINSTALL, SIZE, ICON and OUT.

Target amd64-unicode
!include MUI2.nsh
!include FileFunc.nsh
!include LogicLib.nsh

Name "Monomi"
OutFile "${OUT}"
SetCompressor /SOLID lzma
RequestExecutionLevel user
InstallDir "$LOCALAPPDATA\Programs\Monomi"
InstallDirRegKey HKCU "Software\Monomi" "Folder"
BrandingText "Monomi ${VERSION}"

!define ENTRY "Software\Microsoft\Windows\CurrentVersion\Uninstall\Monomi"
; The name under which the program shows its notifications: src/desktop says it, too.
!define NOTIFIER "Monomi.Monomi"
!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_FINISHPAGE_RUN "$INSTDIR\monomi.exe"
!insertmacro MUI_PAGE_COMPONENTS
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "Japanese"

LangString RUNS ${LANG_ENGLISH} "Monomi is running. Close it, then try again."
LangString RUNS ${LANG_JAPANESE} "Monomiが動いています。終了してからやり直してください。"
LangString PROGRAM ${LANG_ENGLISH} "Monomi"
LangString PROGRAM ${LANG_JAPANESE} "Monomi本体"
LangString AUTOSTART ${LANG_ENGLISH} "Start when I log in"
LangString AUTOSTART ${LANG_JAPANESE} "ログイン時に起動する"
LangString KEPT ${LANG_ENGLISH} "Devices, settings and passwords stay in $APPDATA\monomi."
LangString KEPT ${LANG_JAPANESE} "機器と設定とパスワードは$APPDATA\monomiに残ります。"

VIProductVersion "${VERSION}.0"
VIAddVersionKey /LANG=${LANG_ENGLISH} "ProductName" "Monomi"
VIAddVersionKey /LANG=${LANG_ENGLISH} "FileDescription" "Monomi Setup"
VIAddVersionKey /LANG=${LANG_ENGLISH} "FileVersion" "${VERSION}"
VIAddVersionKey /LANG=${LANG_ENGLISH} "LegalCopyright" "MIT OR Apache-2.0"

; A program that runs cannot be replaced: half of two versions would be left.
!macro AWAIT_END
    ${DoWhile} ${FileExists} "$INSTDIR\monomi.exe"
        ClearErrors
        FileOpen $0 "$INSTDIR\monomi.exe" a
        ${IfNot} ${Errors}
            FileClose $0
            ${ExitDo}
        ${EndIf}
        MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "$(RUNS)" /SD IDCANCEL IDRETRY +3
        SetErrorLevel 2
        Quit
    ${Loop}
!macroend

Function .onInit
    ${GetParameters} $0
    ClearErrors
    ${GetOptions} $0 "/AUTOSTART=" $1
    ${If} $1 == "1"
        SectionSetFlags 1 1
    ${EndIf}
FunctionEnd

Section "$(PROGRAM)"
    SectionIn RO
    !insertmacro AWAIT_END
    SetOutPath "$INSTDIR"
    File /r "${STAGE}/*"
    WriteUninstaller "$INSTDIR\uninstall.exe"
    CreateShortcut "$SMPROGRAMS\Monomi.lnk" "$INSTDIR\monomi.exe"
    WriteRegStr HKCU "Software\Monomi" "Folder" "$INSTDIR"
    WriteRegExpandStr HKCU "Software\Classes\AppUserModelId\${NOTIFIER}" "DisplayName" "Monomi"
    WriteRegExpandStr HKCU "Software\Classes\AppUserModelId\${NOTIFIER}" "IconUri" "$INSTDIR\monomi.png"
    WriteRegStr HKCU "${ENTRY}" "DisplayName" "Monomi"
    WriteRegStr HKCU "${ENTRY}" "DisplayVersion" "${VERSION}"
    WriteRegStr HKCU "${ENTRY}" "DisplayIcon" "$INSTDIR\monomi.exe"
    WriteRegStr HKCU "${ENTRY}" "Publisher" "Monomi contributors"
    WriteRegStr HKCU "${ENTRY}" "InstallLocation" "$INSTDIR"
    WriteRegStr HKCU "${ENTRY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
    WriteRegStr HKCU "${ENTRY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
    WriteRegDWORD HKCU "${ENTRY}" "EstimatedSize" ${SIZE}
    WriteRegDWORD HKCU "${ENTRY}" "NoModify" 1
    WriteRegDWORD HKCU "${ENTRY}" "NoRepair" 1
SectionEnd

Section /o "$(AUTOSTART)"
    ; The program writes the entry itself, so that its settings say the same.
    ExecWait '"$INSTDIR\monomi.exe" settings set start-at-login true'
SectionEnd

Section "Uninstall"
    !insertmacro AWAIT_END
    !include "${UNINSTALL}"
    Delete "$INSTDIR\uninstall.exe"
    RMDir "$INSTDIR"
    Delete "$SMPROGRAMS\Monomi.lnk"
    Delete "$LOCALAPPDATA\monomi\cache\gstreamer.bin"
    Delete "$LOCALAPPDATA\monomi\cache\monomi-handbook-*.html"
    RMDir "$LOCALAPPDATA\monomi\cache"
    RMDir "$LOCALAPPDATA\monomi"
    DeleteRegValue HKCU "Software\Microsoft\Windows\CurrentVersion\Run" "Monomi"
    DeleteRegKey HKCU "Software\Classes\AppUserModelId\${NOTIFIER}"
    DeleteRegKey HKCU "${ENTRY}"
    DeleteRegKey HKCU "Software\Monomi"
    DetailPrint "$(KEPT)"
SectionEnd
