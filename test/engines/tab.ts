/** A page in some browser: the few things that the tests do with it, so that each test is written once. */
export interface Tab {
  goto(address: string): Promise<void>;
  reload(): Promise<void>;
  /** Runs a function in the page with this argument; what it gives or resolves to comes back as JSON. */
  evaluate<T, A = undefined>(run: (argument: A) => T | Promise<T>, argument?: A): Promise<T>;
  /** Presses the control that the selector names, as a person does: it has to be in view and not covered. */
  press(selector: string): Promise<void>;
  /** Gives files of this machine to a file input, through the browser. */
  giveFiles(selector: string, paths: readonly string[]): Promise<void>;
  screenshot(): Promise<Buffer>;
}

/** A browser that has started, on a profile of its own. */
export interface RunningEngine {
  /** Name and version, as the browser gives them. */
  readonly name: string;
  /** A tab whose storage begins empty; ends the one before it. */
  open(): Promise<Tab>;
  /** Ends the browser and removes what it wrote. */
  close(): Promise<void>;
}

/** Asks the page again and again until the answer is not false, null or undefined. */
export const until = async <T, A = undefined>(
  tab: Tab,
  what: string,
  ask: (argument: A) => T | Promise<T>,
  argument?: A,
  seconds = 45,
): Promise<Exclude<T, false | null | undefined>> => {
  const end = Date.now() + 1000 * seconds;
  for (;;) {
    const answer = await tab.evaluate(ask, argument);
    if (answer !== false && answer !== null && answer !== undefined)
      return answer as Exclude<T, false | null | undefined>;
    if (Date.now() > end) {
      const shown = await tab.evaluate(() => document.body.textContent.replace(/\s+/g, ' ').slice(0, 2000));
      throw new Error(`Waited ${seconds} s for ${what}. The page shows:\n${shown}`);
    }
    await new Promise((done) => setTimeout(done, 50));
  }
};
