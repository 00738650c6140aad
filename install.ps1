# The README's steps on Windows, in PowerShell: docs/platforms.md. Never run: there was no Windows.
param(
    [string]$Channel = "",    # a Twitch channel to read
    [string]$Python = "py",   # which Python, 3.11 or newer
    [string]$TorchIndex = "", # where pip looks for torch; empty is PyPI, for the processor alone
    [switch]$Light            # without torch: the light voice alone
)
$ErrorActionPreference = "Stop"
Set-Location $PSScriptRoot

function Invoke-Step([string]$Trouble, [scriptblock]$Step) {
    & $Step
    if ($LASTEXITCODE -ne 0) { Write-Host $Trouble; exit 1 }
}

if (-not (Get-Command $Python -ErrorAction SilentlyContinue)) {
    Write-Host "Python is missing. Install 3.11 or newer from python.org, and run this again."
    exit 1
}
Invoke-Step "This Python is too old: 3.11 or newer is needed. Name another one by -Python." {
    & $Python -c "import sys; sys.exit(sys.version_info < (3, 11))"
}
if (-not (Test-Path .venv\Scripts\python.exe)) {
    Invoke-Step "The environment .venv cannot be made." { & $Python -m venv .venv }
}
$Pip = @("-m", "pip", "install", "--disable-pip-version-check")
if ($TorchIndex -and -not $Light) {
    Invoke-Step "torch cannot be installed from $TorchIndex." {
        & .venv\Scripts\python.exe @Pip --index-url $TorchIndex torch
    }
}
$Package = if ($Light) { "." } else { ".[f5]" }
Invoke-Step "The packages cannot be installed; what pip says above tells why." {
    & .venv\Scripts\python.exe @Pip $Package
}
& .venv\Scripts\ishowtts.exe check
$Arguments = if ($Channel) { @("run", "--channel", $Channel) } else { @("run") }
& .venv\Scripts\ishowtts.exe @Arguments
