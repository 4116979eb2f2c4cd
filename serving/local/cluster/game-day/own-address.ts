import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** Of a datagram that is never sent: any will do. */
const PORT = 9;

/** The address that this machine has in the eyes of another one: that of the interface which leads there. */
export async function ownAddressTowards(host: string): Promise<string> {
  const socket = createSocket('udp4');
  try {
    socket.connect(PORT, host);
    await once(socket, 'connect');
    return socket.address().address;
  } finally {
    socket.close();
  }
}
