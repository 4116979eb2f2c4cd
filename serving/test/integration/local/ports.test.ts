import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect } from 'chai';
import { Platform } from '../../../local/platform.js';
import { isPortFree, portHolder } from '../../../local/ports.js';
import { checkPorts } from '../../../local/preflight.js';
import { readSettings } from '../../../local/settings.js';
import { freePorts } from '../../support/free-ports.js';

describe('ports', () => {
  it('are free when nobody listens, and not when somebody does', async () => {
    const [port] = await freePorts(1);
    expect(await isPortFree(port!)).to.equal(true);
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    expect(await isPortFree(port!)).to.equal(false);
    server.close();
  });

  it('that are taken are named with their holder and the variable that changes them', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const [mlflow, airflow, management] = await freePorts(3);
    const settings = readSettings({
      PLATFORM_STATE_DIR: '/nonexistent/state',
      MLFLOW_PORT: String(mlflow),
      AIRFLOW_PORT: String(airflow),
      SERVING_PORT: String(port),
      SERVING_MANAGEMENT_PORT: String(management),
    });
    const failure = await checkPorts(new Platform(settings)).catch((error: unknown) => error as Error);
    const by = portHolder(port) === undefined ? '' : ` by ${portHolder(port) ?? ''}`;
    expect(failure).to.have.property('message', `Port ${port}, wanted for serving, is taken${by}.`);
    expect(failure).to.have.property('remedy').that.includes('SERVING_PORT=');
    server.close();
  });
});
