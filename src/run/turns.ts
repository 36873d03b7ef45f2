/**
 * Arms of a comparison take turns: a turn is the preparation of an arm, or one of its optimiser steps with what is measured
 * after it. The one that has had the fewest is next, the first of them in order, so that after a round each has done as much as
 * the others; what one arm does never overlaps with another's.
 */
export class Turns {
  private readonly active = new Map<number, number>();
  private waiting: { arm: number; go: () => void }[] = [];
  private taken = false;
  private furthest = 0;

  /** An arm begins or goes on, having had so many turns. Until it leaves, nobody gets ahead of it. */
  join(arm: number, had: number) {
    this.active.set(arm, had);
  }

  leave(arm: number) {
    this.active.delete(arm);
    this.next();
  }

  /** Another arm is, or will be, ahead of this one: it has to take its turn before all rest. */
  isBehind(arm: number): boolean {
    return (this.active.get(arm) ?? 0) < this.furthest;
  }

  async take<T>(arm: number, f: () => Promise<T>): Promise<T> {
    await null; // those who begin together have all joined before the first is served
    await new Promise<void>((go) => {
      this.waiting.push({ arm, go });
      this.next();
    });
    const had = this.active.get(arm) ?? 0;
    this.furthest = Math.max(this.furthest, had + 1);
    try {
      return await f();
    } finally {
      this.active.set(arm, had + 1);
      this.taken = false;
      this.next();
    }
  }

  private next() {
    if (this.taken) return;
    const [first] = [...this.active].sort(([a, x], [b, y]) => x - y || a - b);
    const at = this.waiting.findIndex(({ arm }) => arm === first?.[0]);
    if (at < 0) return;
    const [next] = this.waiting.splice(at, 1);
    this.taken = true;
    next?.go();
  }
}
