// A real HTTP server that deliveries go to: it remembers what it got and answers as it was told.
import { randomBytes } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "@playwright/test";

export type Received = { method: string; path: string; headers: IncomingHttpHeaders; body: string; raw: Buffer };
export type Answer = { status?: number; headers?: Record<string, string>; body?: string | Buffer };

/** What a receiver asks for that wants no other try while a test looks. */
export const LATER = { "retry-after": "3600" };

export class Receiver {
  readonly received: Received[] = [];
  readonly url: string;
  readonly #server: Server;
  #answers: Answer[] = [];

  private constructor(server: Server) {
    this.#server = server;
    const { port } = server.address() as AddressInfo;
    // Ports come back, and a team has one webhook a URL.
    this.url = `http://127.0.0.1:${port}/hooks/${randomBytes(4).toString("hex")}`;
  }

  static async start(): Promise<Receiver> {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const receiver = new Receiver(server);
    const { pathname } = new URL(receiver.url);
    server.on("request", (request, response) => {
      // A retry of another test's event, to a port that was its receiver's before.
      if (!request.url!.startsWith(pathname)) {
        response.writeHead(404).end();
        return;
      }
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const raw = Buffer.concat(chunks);
        receiver.received.push({ method: request.method!, path: request.url!, headers: request.headers, body: raw.toString(), raw });
        const { status = 200, headers = {}, body: answer = '{"ok":true}' } = receiver.#decide(receiver.received.at(-1)!);
        response.writeHead(status, { "content-type": "application/json", ...headers }).end(answer);
      });
    });
    return receiver;
  }

  /** Answers with these, one after the other, and then on with the last. */
  willAnswer(...answers: Answer[]): void {
    this.#answers = answers;
  }

  /** Answers each delivery by what is in it. */
  willDecide(decide: (received: Received) => Answer): void {
    this.#decide = decide;
  }

  #decide: (received: Received) => Answer = () => this.#next();

  #next(): Answer {
    return (this.#answers.length > 1 ? this.#answers.shift() : this.#answers[0]) ?? {};
  }

  /** Waits until so many deliveries are there, and gives the last of them. */
  async hasReceived(count = 1): Promise<Received> {
    await expect.poll(() => this.received.length, { message: "deliveries at the receiver" }).toBeGreaterThanOrEqual(count);
    return this.received[count - 1];
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }
}
