// What a screen reader is told, politely: fills, refusals, halts, news. Never prices.

class Announcer {
  text = $state("");

  say(text: string): void {
    this.text = text;
  }
}

export const announcer = new Announcer();
