#!/bin/sh
# What is in the image of npm's packages, as CycloneDX, from the lock alone. The same lock gives the same bytes
# wherever it runs: what differs from run to run (serial number, time, npm's own version) is left out.
#   image/sbom.sh FOLDER-OF-THE-LOCK
set -eu
cd "$1"
npm sbom --package-lock-only --omit=dev --sbom-format=cyclonedx 2>/dev/null | node -e '
  const sbom = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
  delete sbom.serialNumber;
  delete sbom.metadata.timestamp;
  delete sbom.metadata.tools;
  // Otherwise the name of the folder.
  sbom.metadata.component.name = JSON.parse(require("node:fs").readFileSync("package.json", "utf8")).name;
  process.stdout.write(JSON.stringify(sbom, null, 1) + "\n");
'
