import { freePorts } from './free-ports.js';
import { PORT_VARIABLES } from './settings.js';

/** A free port for every service, by its variable: of a platform that runs beside another one. */
export async function ownPorts(): Promise<Record<string, string>> {
  const ports = await freePorts(PORT_VARIABLES.length);
  return Object.fromEntries(PORT_VARIABLES.map((name, index) => [name, String(ports[index])]));
}
