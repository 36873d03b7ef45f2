import type { PreferenceTree } from '../tree/tree';

/**
 * A source at work. A pause may come between two of its trees, and between two of its calls to the model, where it then waits: a search
 * may take a while to its first tree. It goes on where it was.
 */
export class Collection {
  readonly trees: PreferenceTree[] = [];
  private readonly generator: AsyncGenerator<PreferenceTree>;
  private next: Promise<IteratorResult<PreferenceTree>> | undefined;
  private refuse: ((reason: unknown) => void) | undefined;
  private goOn: (() => void) | undefined;

  /**
   * @param start begins the source, which awaits `gate` before each call to the model
   * @param pausePoint see `RunContext`
   */
  constructor(
    start: (gate: () => Promise<void>) => AsyncGenerator<PreferenceTree>,
    private readonly pausePoint: () => void,
  ) {
    this.generator = start(() => this.gate());
  }

  private async gate(): Promise<void> {
    for (;;) {
      try {
        return this.pausePoint();
      } catch (paused) {
        this.refuse?.(paused);
        await new Promise<void>((resolve) => {
          this.goOn = resolve;
        });
      }
    }
  }

  /**
   * The next tree; undefined when there is none.
   * @throws PausedError when a pause was asked for before it came; the same call then goes on
   */
  async advance(): Promise<PreferenceTree | undefined> {
    this.pausePoint();
    const refused = new Promise<never>((_, reject) => {
      this.refuse = reject;
    });
    this.next ??= this.generator.next();
    this.goOn?.();
    this.goOn = undefined;
    const { done, value } = await Promise.race([this.next, refused]);
    this.next = undefined;
    return done ? undefined : value;
  }
}
