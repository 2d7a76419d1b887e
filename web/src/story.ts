/** What follows the searches: their pictures, the race of both trainings, its price in numbers, and what the networks see. */
import "./styles/story.css";
import { answersOf } from "./classify";
import type { Experiment } from "./experiment";
import { saveText } from "./export";
import { soon } from "./frames";
import { ask } from "./library";
import type { Message } from "./message";
import { find, reason, testid } from "./page";
import type { KnownImages } from "./protocol";
import { toLines } from "./run";
import { showSamples } from "./samples";
import type { Seeing } from "./seeing";
import { methodLabel, SIDES, type SideName } from "./settings";
import { found } from "./training-config";
import { accuracyOf } from "./training-run";
import type { SearchConfig } from "./types";
import { verdict, type Trained } from "./verdict";
import { raceChart, type RaceData } from "./views/race-chart";
import { percent } from "./views/units";


export class Story {
  private readonly chart = raceChart(find("#training .drawing"));
  /** The test images of each data set that was asked for; undefined for one that has none. */
  private readonly tests = new Map<string, Promise<KnownImages | undefined>>();
  /** Test images of the trained networks, if their set has some. */
  private known: KnownImages | undefined;
  /** The set whose pictures are shown. */
  private set = "";
  private seeing: Seeing | undefined;
  private fetching: Promise<Seeing> | undefined;

  constructor(
    private readonly experiment: Experiment,
    private readonly message: Message,
  ) {
    experiment.race.watch({
      changed: (step) => {
        if (!step) soon(this.drawRace);
        soon(this.drawScores);
      },
      trained: () => void this.judge().catch((error) => this.fail(String(error))),
      failed: (reason) => this.fail(reason),
    });
    for (const side of SIDES) {
      testid(`export-training-${side}`).addEventListener("click", () => {
        const run = experiment.race.runs[side];
        const name = experiment.runs[side]?.config.method.name ?? side;
        if (run !== undefined) saveText(`${name}-training-events.jsonl`, toLines(run), "application/jsonl");
      });
    }
    soon(this.drawRace);
  }

  /** Shows the pictures of the next search, and for how long its cell will be trained. */
  expect(config: SearchConfig): void {
    soon(this.drawScores);
    const { set } = config.data;
    if (this.set === set) return;
    this.set = set;
    ask("samples", config).then(
      (images) => {
        // Another set may be chosen by now.
        if (this.set !== set) return;
        find("#pictures").hidden = false;
        find("#pictures-note").textContent = noteOf(set, images);
        showSamples(testid("samples"), images);
      },
      () => {
        if (this.set !== set) return;
        // What could not be loaded is asked for again with the next change.
        this.set = "";
        find("#pictures").hidden = true;
      },
    );
  }

  /** Opens a picture as the drawing. Answers with a sentence for the visitor. */
  async open(file: File): Promise<string> {
    return (await this.see()).drawing.open(file);
  }

  /** Fetches the networks' side of the page when it is first needed. */
  private see(): Promise<Seeing> {
    const { experiment } = this;
    this.fetching ??= import("./seeing").then(
      (module) =>
        (this.seeing = new module.Seeing(
          find("#draw"),
          () => (experiment.race.trained ? [...experiment.race.classes] : []),
          () => this.known ?? { channels: experiment.runs.left?.config.data.set === "cifar10" ? 3 : 1, height: 0, width: 0 },
          (side, ...picture) => experiment.predict(side, ...picture),
        )),
    );
    // The next one who needs it tries again.
    this.fetching.catch(() => (this.fetching = undefined));
    return this.fetching;
  }

  private testImages(config: SearchConfig): Promise<KnownImages | undefined> {
    const { set } = config.data;
    let asked = this.tests.get(set);
    if (asked === undefined) {
      asked = ask("testImages", config).catch(() => {
        this.tests.delete(set);
        return undefined;
      });
      this.tests.set(set, asked);
    }
    return asked;
  }

  private labelOf(side: SideName): string {
    return methodLabel(this.experiment.runs[side]?.config.method.name ?? side);
  }

  private readonly drawRace = (): void => {
    const { race } = this.experiment;
    const begun = race.starting || SIDES.some((side) => race.runs[side] !== undefined);
    if (!race.trained) {
      this.seeing?.answers.clear();
      this.seeing?.drawing.update();
      if (begun) void this.see().catch(() => undefined);
      this.say(begun ? `Both searches have ended. The cells that they have found are now trained, for ${this.planned} epochs each.` : "");
    }
    this.drawScores();
    this.chart(this.raceData());
  };

  private get planned(): number {
    return this.experiment.race.runs.left?.config.epochs ?? this.experiment.epochs;
  }

  private raceData(): RaceData {
    const { runs } = this.experiment.race;
    const runners = SIDES.map((side) => ({ side, label: this.labelOf(side), accuracies: runs[side]?.epochs.map((epoch) => epoch.test_accuracy) ?? [] }));
    return { runners, length: this.planned };
  }

  private readonly drawScores = (): void => {
    const { runs } = this.experiment.race;
    for (const side of SIDES) {
      const accuracy = runs[side] && accuracyOf(runs[side]);
      testid(`accuracy-${side}`).textContent = accuracy === undefined ? "–" : percent(accuracy);
      testid(`progress-${side}`).textContent = this.progressOf(side);
      testid<HTMLButtonElement>(`export-training-${side}`).disabled = accuracy === undefined;
    }
  };

  private progressOf(side: SideName): string {
    const { race } = this.experiment;
    const run = race.runs[side];
    if (run === undefined) {
      if (race.starting) return "Making the network…";
      const { epochs } = this.experiment;
      return epochs === 0 ? "Not trained: the settings give it no epoch." : `Trained for ${epochs} epochs when both searches have ended.`;
    }
    if (run.ended) return `Trained for ${run.epochs.length} epochs`;
    const { last, steps, config } = run;
    const place = last === undefined ? "The first step…" : `Epoch ${last.epoch} of ${config.epochs}, step ${last.step} of ${steps}`;
    return race.paused ? `${place} · paused` : place;
  }

  /** Says what the collapse has cost, and lets both networks classify the test images. */
  private async judge(): Promise<void> {
    const { race, runs } = this.experiment;
    const { left, right } = race.runs;
    if (left === undefined || right === undefined) return;
    const config = runs.left?.config;
    const [images, { answers, drawing }] = await Promise.all([config && this.testImages(config), this.see()]);
    const trained = SIDES.flatMap((side): Trained[] => {
      const [run, training] = [runs[side], race.runs[side]];
      const genotype = run && found(run);
      const accuracy = training && accuracyOf(training);
      return genotype === undefined || accuracy === undefined ? [] : [{ label: this.labelOf(side), genotype, accuracy }];
    });
    const [one, other] = trained;
    if (race.runs.left !== left || one === undefined || other === undefined) return;
    const seen = config?.data.set !== "fashion";
    this.say(verdict(one, other, seen ? undefined : images?.labels.length));
    this.known = images;
    drawing.update();
    if (images === undefined) return;
    drawing.offer({ ...images, count: images.labels.length }, seen);
    const [ofLeft, ofRight] = await Promise.all(SIDES.map((side) => race.predict(side, images)));
    if (race.runs.left !== left || ofLeft === undefined || ofRight === undefined) return;
    answers.show({
      images,
      seen,
      classes: race.classes,
      labels: { left: one.label, right: other.label },
      answers: { left: answersOf(ofLeft, images.labels), right: answersOf(ofRight, images.labels) },
    });
  }

  /** The live region is written only when there is something new: it is read aloud. */
  private say(text: string): void {
    const host = testid("verdict");
    if (host.textContent !== text) host.textContent = text;
  }

  private fail(why: string): void {
    soon(this.drawRace);
    const { race } = this.experiment;
    const again = { label: "Train on", run: () => void race.restart().catch((error) => this.fail(reason(error))) };
    this.message.say(`The training of the cells stopped: ${why}.`, "fault", race.deaths.length > 0 ? again : undefined);
  }
}

function noteOf(set: string, { width, height, classes }: KnownImages): string {
  const name = set === "fashion" ? "Fashion-MNIST: pictures of clothes" : "Handwritten digits";
  const own = set === "fashion" ? " These are some of the training images; other images test what was learned." : "";
  return `${name} in ${classes.length} classes, ${width}×${height} pixels. Both searches learn to tell the classes apart.${own}`;
}
