import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose';

export const ISSUER = 'https://issuer.test';
export const AUDIENCE = 'model-serving';

/** An issuer of tokens: it signs with ES256 and publishes its keys over HTTP. */
export class TokenIssuer {
  /** How often the keys were asked for. */
  reads = 0;
  /** Whether they can be. */
  available = true;
  readonly #server: Server;
  #key: CryptoKey;
  #keyId: string;
  #jwks: string;

  private constructor(server: Server, key: CryptoKey, keyId: string, jwks: string) {
    this.#server = server;
    this.#key = key;
    this.#keyId = keyId;
    this.#jwks = jwks;
  }

  static async start(): Promise<TokenIssuer> {
    const server = createServer();
    const issuer = new TokenIssuer(server, ...(await newKey('key-1')));
    server.on('request', (_request, response) => {
      issuer.reads += 1;
      if (!issuer.available) response.writeHead(503).end();
      else response.setHeader('content-type', 'application/json').end(issuer.#jwks);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return issuer;
  }

  get jwksUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/jwks`;
  }

  /** Signs with another key from now on, and withdraws the former one. */
  async rotate(keyId = 'key-2'): Promise<void> {
    [this.#key, this.#keyId, this.#jwks] = await newKey(keyId);
  }

  /** A token that is good for a minute, unless the claims say otherwise; an undefined claim is left out. */
  token(
    claims: { readonly [claim in keyof JWTPayload]: JWTPayload[claim] | undefined } = {},
  ): Promise<string> {
    const now = Math.floor(Date.now() / 1_000);
    const all = {
      iss: ISSUER,
      aud: AUDIENCE,
      sub: 'risk-team',
      iat: now,
      exp: now + 60,
      scope: 'predict',
      ...claims,
    };
    return new SignJWT(all as JWTPayload)
      .setProtectedHeader({ alg: 'ES256', kid: this.#keyId })
      .sign(this.#key);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

async function newKey(keyId: string): Promise<[key: CryptoKey, keyId: string, jwks: string]> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid: keyId, alg: 'ES256', use: 'sig' };
  return [privateKey, keyId, JSON.stringify({ keys: [jwk] })];
}
