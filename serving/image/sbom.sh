#!/bin/sh
# What is in the image of npm's packages, as CycloneDX, from the lock alone. The same lock gives the same bytes
# wherever it runs: what differs from run to run (serial number, time) and between npm 10 and 11 (its own version,
# properties) is left out.
#   image/sbom.sh FOLDER-OF-THE-LOCK
set -eu
cd "$1"
# With --omit=dev, npm leaves out whatever a tool of the development needs as well. The lock knows better.
listed=$(npm sbom --loglevel=error --package-lock-only --sbom-format=cyclonedx)
printf '%s' "$listed" | node -e '
  const { readFileSync } = require("node:fs");
  const sbom = JSON.parse(readFileSync(0, "utf8"));
  const { name, packages } = JSON.parse(readFileSync("package-lock.json", "utf8"));
  const installed = new Set([sbom.metadata.component["bom-ref"]]);
  for (const [path, { dev, version }] of Object.entries(packages)) {
    if (path !== "" && !dev) installed.add(path.split("node_modules/").at(-1) + "@" + version);
  }
  sbom.components = sbom.components.filter((component) => installed.has(component["bom-ref"]));
  if (sbom.components.length !== installed.size - 1) throw new Error("npm does not list every package of the lock");
  sbom.dependencies = sbom.dependencies
    .filter(({ ref }) => installed.has(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((other) => installed.has(other)) }));
  delete sbom.serialNumber;
  delete sbom.metadata.timestamp;
  delete sbom.metadata.tools;
  for (const component of [sbom.metadata.component, ...sbom.components]) delete component.properties;
  // Otherwise the name of the folder.
  sbom.metadata.component.name = name;
  process.stdout.write(JSON.stringify(sbom, null, 1) + "\n");
'
