import type { App } from '../app';
import { calculator } from '../lab/calculator';
import type { LabAnswers } from './answers';
import { type Arm, computed, withPlane } from './arm';

const restMs = 180;

/** What is computed, and where it goes. */
interface Bench {
  app: App;
  answers: LabAnswers;
  arms: readonly Arm[];
  problem: string;
}

/** Computes what the arms of a bench make of its answers: losses at once, planes after a rest. */
export class LossWork {
  readonly #bench: Bench;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #busy = false;
  #again = false;

  constructor(bench: Bench) {
    this.#bench = bench;
  }

  /** What changes meanwhile is computed after it. */
  async compute(): Promise<void> {
    const bench = this.#bench;
    clearTimeout(this.#timer);
    this.#again = this.#busy;
    if (this.#busy) return;
    this.#busy = true;
    try {
      const api = await calculator(bench.app);
      const { answers, arms } = bench;
      const nameOf = ({ method }: Arm) => bench.app.method(method)?.name ?? method;
      const next = await Promise.all(arms.map((arm) => computed(api, arm, answers, nameOf(arm))));
      // An arm that was changed meanwhile is computed next.
      if (bench.arms === arms) bench.arms = next;
      else this.#again = true;
      bench.problem = '';
    } catch (error) {
      bench.problem = error instanceof Error ? error.message : String(error);
    }
    this.#busy = false;
    if (this.#again) void this.compute();
    else this.#timer = setTimeout(() => void this.#drawPlanes(), restMs);
  }

  async #drawPlanes() {
    const bench = this.#bench;
    const api = await calculator(bench.app);
    for (const arm of bench.arms) {
      const next = await withPlane(api, arm, bench.answers);
      if (!bench.arms.includes(arm)) return; // newer ones have their own turn
      bench.arms = bench.arms.map((own) => (own === arm ? next : own));
    }
  }

  /** Draws nothing any more. */
  end() {
    clearTimeout(this.#timer);
  }
}
