// What a page fetches once it is there.

const PAUSES = [300, 1500];

/**
 * What `load()` resolves to, asked for again where it was broken off: a browser gives up what is
 * under way when its network changes, as on the way out of the house. Any answer to a `fetch` is
 * final; `import` does not tell an answer of no from none. Browsers before Chromium 156 and Firefox
 * 154 remember that an `import` failed: there only loading the page anew helps.
 */
export async function fetched(load) {
  for (const pause of PAUSES) {
    try {
      return await load();
    } catch (error) {
      // What `fetch` and `import` say of no answer.
      if (!(error instanceof TypeError)) throw error;
      await new Promise((done) => setTimeout(done, pause));
    }
  }
  return load();
}
