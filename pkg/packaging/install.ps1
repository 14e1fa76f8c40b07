# Helm runs this on Windows after `helm plugin install <git url>` and after an
# update. It does what install.sh does: fetch the release archive that belongs to
# plugin.yaml's version, check it against checksums.txt, take out the binary.
#
# AIRFLOWSEC_ARCHIVE=<absolute path> uses a copy of the archive instead of
# downloading it. checksums.txt of the same release must lie beside it.
$ErrorActionPreference = 'Stop'

Set-Location -LiteralPath $env:HELM_PLUGIN_DIR
$binary = 'bin/kubectl-airflowsec.exe'
$fetched = 'bin/.fetched'

$version = (Select-String -Path plugin.yaml -Pattern '^version: *(\S+)').Matches[0].Groups[1].Value

# A binary that this script did not fetch came with the archive.
if (Test-Path $binary) {
  if (-not (Test-Path $fetched)) { exit 0 }
  if ((Get-Content $fetched) -eq $version) { exit 0 }
}

$arch = if ($env:PROCESSOR_ARCHITECTURE -eq 'ARM64') { 'arm64' } else { 'amd64' }
$name = "airflowsec-$version-windows-$arch.tgz"
$release = "https://github.com/airflowsec/kubectl-airflowsec/releases/download/v$version"
$work = New-Item -ItemType Directory -Path (Join-Path ([IO.Path]::GetTempPath()) ([IO.Path]::GetRandomFileName()))

try {
  if ($env:AIRFLOWSEC_ARCHIVE) {
    $archive = $env:AIRFLOWSEC_ARCHIVE
    if (-not [IO.Path]::IsPathRooted($archive)) { throw "airflowsec: AIRFLOWSEC_ARCHIVE: $archive is not an absolute path" }
    $checksums = Join-Path (Split-Path -Parent $archive) 'checksums.txt'
  } else {
    [Net.ServicePointManager]::SecurityProtocol = [Net.SecurityProtocolType]::Tls12
    $archive = Join-Path $work $name
    $checksums = Join-Path $work 'checksums.txt'
    Invoke-WebRequest -UseBasicParsing -Uri "$release/checksums.txt" -OutFile $checksums
    Invoke-WebRequest -UseBasicParsing -Uri "$release/$name" -OutFile $archive
  }

  $line = Select-String -Path $checksums -Pattern "^([0-9a-f]{64})  $([regex]::Escape($name))$"
  if (-not $line) { throw "airflowsec: $checksums does not list $name" }
  $expected = $line.Matches[0].Groups[1].Value
  if ((Get-FileHash -Algorithm SHA256 -LiteralPath $archive).Hash -ne $expected) {
    throw "airflowsec: $archive is not the $name that checksums.txt lists"
  }

  tar -xzf $archive -C $work
  if ($LASTEXITCODE -ne 0) { throw "airflowsec: cannot unpack $archive" }
  New-Item -ItemType Directory -Force -Path bin | Out-Null
  Move-Item -Force (Join-Path $work "airflowsec/$binary") $binary
  Move-Item -Force (Join-Path $work 'airflowsec/completion.yaml') completion.yaml
  Set-Content -Path $fetched -Value $version
  Write-Output "airflowsec $version is installed"
} finally {
  Remove-Item -Recurse -Force $work
}
