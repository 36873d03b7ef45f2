import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { recipes } from '../../src/ui/recipes/recipes';
import { writeChatFolder } from '../support/chat-folder';
import { expectPhase, field, openPage } from './marginalia-page';

test('every recipe sets up a chat model of one’s own; one is trained, talked to and taken home', async ({
  page,
}, info) => {
  const folder = info.outputPath('chat');
  writeChatFolder(
    folder,
    recipes.flatMap(({ files }) => files.map((file) => readFileSync(`public/data/${file}`, 'utf8'))),
  );
  await openPage(page, { backend: 'wasm' });
  await page.getByTestId('model-more').locator('> summary').click();
  await page.getByTestId('model-folder').setInputFiles(folder);
  await expect(page.getByTestId('model-details')).toContainText('chat template', { timeout: 60_000 });

  const turnToRecipes = async () => {
    await page.getByRole('link', { name: 'Lab', exact: true }).click();
    await page.getByTestId('lab-part-recipes').click();
  };
  for (const { id, pairs } of recipes) {
    await turnToRecipes();
    await page.getByTestId(`recipe-set-${id}`).click();
    await expect(page.getByTestId('report-rows')).toContainText(`${pairs} used`);
    await expect(page.getByTestId('method-rpo')).toBeChecked();
    await expect(page.getByTestId('estimate-line')).toHaveAttribute('data-fits', 'true');
  }

  await field(page, 'steps').fill('2');
  await field(page, 'steps').press('Tab');
  await page.getByTestId('train').click();
  await expectPhase(page, 'finished');
  const losses = await page.evaluate(() =>
    window.marginalia.events.flatMap((e) => (e.kind === 'metrics' ? [e.metrics['loss']!] : [])),
  );
  expect(losses).toHaveLength(2);
  expect(losses.every(Number.isFinite)).toBe(true);

  for (const said of ['How do I boil an egg?', 'And then?']) {
    await page.getByTestId('chat-prompt').fill(said);
    await page.getByTestId('chat-tokens').fill('6');
    await page.getByTestId('chat-temperature').fill('0.8');
    await page.getByTestId('chat-send').click();
    await expect(page.locator('.reply-foot')).toHaveCount(2);
    await expect(page.locator('.reply-foot').last()).toContainText('tokens a second');
    await expect(page.getByTestId('chat-problem')).toBeEmpty();
  }
  await expect(page.getByTestId('chat-past')).toContainText('How do I boil an egg?');
  const download = page.waitForEvent('download');
  await page.getByTestId('export-adapter').click();
  expect((await download).suggestedFilename()).toMatch(/\.zip$/);
});
