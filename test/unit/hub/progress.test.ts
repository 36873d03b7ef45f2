import { describe, expect, it } from 'vitest';
import type { DownloadProgress } from '../../../src/hub/progress';
import { createMeter } from '../../../src/hub/progress';

describe('progress', () => {
  it('is told at most ten times a second, with speed, time left and a last word', () => {
    let time = 0;
    const told: DownloadProgress[] = [];
    const files = [
      { name: 'a', bytes: 10_000, have: 4000 },
      { name: 'b', bytes: 2000, have: 0 },
    ];
    const meter = createMeter(
      files,
      (p) => told.push(p),
      () => time,
    );
    meter.at('a', 4000);
    for (let at = 4000; at <= 9990; at += 10) {
      time += 5; // 2000 bytes a second, 200 reports a second
      meter.at('a', at + 10);
    }
    expect(time).toBe(3000);
    expect(told.length).toBeGreaterThan(25);
    expect(told.length).toBeLessThanOrEqual(31);
    const last = told.at(-1)!;
    expect(last).toMatchObject({ file: 'a', fileBytes: 10_000, total: 12_000 });
    expect(last.bytesPerSecond).toBeCloseTo(2000, -1); // what was there before does not count as speed
    expect(last.secondsLeft).toBeCloseTo((12_000 - last.received) / 2000, 1);
    time += 1;
    meter.at('b', 2000);
    meter.end();
    expect(told.at(-1)).toMatchObject({ file: 'b', fileReceived: 2000, received: 12_000, secondsLeft: 0 });
    meter.end();
    expect(told.filter(({ file }) => file === 'b')).toHaveLength(1);
  });

  it('goes back when parts are given up, and the speed does not', () => {
    let time = 0;
    const told: DownloadProgress[] = [];
    const meter = createMeter(
      [{ name: 'a', bytes: 100, have: 0 }],
      (p) => told.push(p),
      () => time,
    );
    for (const at of [50, 0, 20]) {
      time += 1000;
      meter.at('a', at);
    }
    expect(told.map(({ received }) => received)).toEqual([50, 0, 20]);
    expect(told.every(({ bytesPerSecond }) => bytesPerSecond >= 0)).toBe(true);
  });
});
