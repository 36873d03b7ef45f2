import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect } from '@playwright/test';

/** The rules whose findings can differ between the themes: the page is the same in both but for its colours. */
const colourRules = ['color-contrast', 'link-in-text-block'];

/**
 * Expects that axe finds nothing on what is shown now. `view` names it in the failure.
 * @param options.colours with the rules about colours alone, for a view that is checked by all rules in the other theme
 * @param options.within a selector of the part to look at; the whole page when left out
 */
export const expectNoViolations = async (
  page: Page,
  view: string,
  { colours = false, within }: { colours?: boolean; within?: string } = {},
) => {
  // Its types are those of another release of playwright-core.
  const axe = new AxeBuilder({ page: page as never });
  if (within) axe.include(within);
  if (colours) axe.withRules(colourRules);
  const { violations } = await axe.analyze();
  const found = violations.map((v) => `${v.id}: ${v.nodes.map((node) => node.target.join(' ')).join(', ')}`);
  expect(found, view).toEqual([]);
};
