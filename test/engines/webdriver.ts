/** As much of a WebDriver client as these tests need (https://www.w3.org/TR/webdriver2/): WebKitGTK speaks nothing else. */
import type { Tab } from './tab';

/** How WebDriver writes a reference to an element. */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

type Call = (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) => Promise<unknown>;

/** What a driver says of an element that the page is just drawing anew or moving. */
const PASSING = ['element not interactable', 'element click intercepted', 'stale element reference'];
const PATIENCE_MS = 10_000;

class DriverError extends Error {
  constructor(
    call: string,
    readonly code: string | undefined,
    message: string | undefined,
  ) {
    super(`${call}: ${code}: ${message}`);
  }
}

/** Does it again while the driver finds the element in passing only, as Playwright does. */
const patiently = async (act: () => Promise<unknown>): Promise<void> => {
  for (const until = Date.now() + PATIENCE_MS; ; ) {
    try {
      await act();
      return;
    } catch (error) {
      const passing = error instanceof DriverError && PASSING.includes(error.code ?? '');
      if (!passing || Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
};

/** A client of the driver at this address; every call rejects with the driver's own message. */
export const driverAt =
  (address: string): Call =>
  async (method, path, body) => {
    const response = await fetch(`${address}${path}`, {
      method,
      ...(method === 'POST' ? { body: JSON.stringify(body ?? {}) } : {}),
    });
    const { value } = (await response.json()) as { value: { error?: string; message?: string } | null };
    if (!response.ok) throw new DriverError(`${method} ${path}`, value?.error, value?.message);
    return value;
  };

export interface Session {
  name: string;
  tab: Tab;
  end(): Promise<void>;
}

/** Begins a session: a browser window on a profile of its own. */
export const beginSession = async (call: Call, size: { width: number; height: number }): Promise<Session> => {
  const begun = (await call('POST', '/session', { capabilities: {} })) as {
    sessionId: string;
    capabilities: { browserName: string; browserVersion: string };
  };
  const path = `/session/${begun.sessionId}`;
  const post = (command: string, body?: object) => call('POST', `${path}${command}`, body);
  await post('/timeouts', { script: 120_000, pageLoad: 60_000 });
  await post('/window/rect', size);

  const find = async (selector: string) =>
    (await post('/element', { using: 'css selector', value: selector })) as Record<typeof ELEMENT, string>;
  const run = async (script: string, args: unknown[]) => {
    const answer = (await post('/execute/async', {
      script: `const done = arguments[arguments.length - 1];
        Promise.resolve(arguments).then(${script}).then(
          (value) => done({ value: JSON.stringify(value) }),
          (error) => done({ error: String(error) }));`,
      args,
    })) as { value?: string; error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.value === undefined ? undefined : JSON.parse(answer.value);
  };

  const tab: Tab = {
    goto: async (address) => void (await post('/url', { url: address })),
    reload: async () => void (await post('/refresh')),
    evaluate: (f, argument) => run(`([argument]) => (${f})(argument)`, [argument ?? null]),
    press: (selector) =>
      patiently(async () => {
        const element = await find(selector);
        // The driver itself scrolls no further than to the edge, where the page's dock lies.
        await post('/execute/sync', {
          script: "arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' });",
          args: [element],
        });
        await post(`/element/${element[ELEMENT]}/click`);
      }),
    giveFiles: async (selector, paths) =>
      void (await post(`/element/${(await find(selector))[ELEMENT]}/value`, { text: paths.join('\n') })),
    screenshot: async () => Buffer.from((await call('GET', `${path}/screenshot`)) as string, 'base64'),
  };
  const { browserName, browserVersion } = begun.capabilities;
  return {
    name: `${browserName} ${browserVersion}`,
    tab,
    end: async () => void (await call('DELETE', path)),
  };
};
