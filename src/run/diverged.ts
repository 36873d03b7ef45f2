/** Training ended because a number was no longer finite. */
export class DivergedError extends Error {
  override name = 'DivergedError';
  /**
   * @param metric that is not finite, and its value
   * @param step done so far; its weights are kept
   */
  constructor(metric: string, value: number, step: number) {
    super(
      `${metric} became ${value} at step ${step + 1}; the weights of step ${step} are kept. ` +
        'Lower the learning rate, or clip gradients with optimizer.maxGradNorm.',
    );
  }
}
