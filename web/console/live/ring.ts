/** A short sound for a new offer, made here: there is nothing to load. */

const NOTES_HZ = [660, 880];
const NOTE_S = 0.14;
let context: AudioContext | undefined;

/** Sound it; a browser that has not been clicked into yet stays silent. */
export function ring(): void {
  try {
    context ??= new AudioContext();
    const { currentTime, destination } = context;
    NOTES_HZ.forEach((hz, place) => {
      const tone = new OscillatorNode(context!, { frequency: hz });
      const volume = new GainNode(context!, { gain: 0.12 });
      const startS = currentTime + place * NOTE_S;
      volume.gain.setTargetAtTime(0, startS + NOTE_S / 2, 0.05);
      tone.connect(volume).connect(destination);
      tone.start(startS);
      tone.stop(startS + NOTE_S * 2);
    });
  } catch {
    // A machine without sound has the title of the page.
  }
}
