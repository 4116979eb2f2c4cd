/** A request as it is written on the wire. Nothing about it has to be right. */
export interface HttpMessage {
  readonly method: string;
  readonly path: string;
  readonly version: string;
  /** In their order; names may be there twice. `content-length` is added unless one of them says how the body ends. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
}

/** Headers of the message with one set, or left out for undefined. */
export function withHeader(message: HttpMessage, name: string, value: string | undefined): HttpMessage {
  const others = message.headers.filter(([other]) => other !== name);
  return { ...message, headers: value === undefined ? others : [...others, [name, value]] };
}

export function toBytes({ method, path, version, headers, body }: HttpMessage): Buffer {
  const framed = headers.some(([name]) => name === 'content-length' || name === 'transfer-encoding');
  const all = framed || body.length === 0 ? headers : [...headers, ['content-length', String(body.length)]];
  const lines = [`${method} ${path} ${version}`, ...all.map(([name, value]) => `${name}: ${value}`)];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body]);
}
