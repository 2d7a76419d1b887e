/** Steps of the tour: the controls that each one sets, the figure that it points at, and its words. */

/** Figure of a step, by a selector, with words that fit it. */
export interface Look {
  at: string;
  text: string;
}

/** Setting of a control, as a visitor would do it. */
export type Action =
  /** Only before there is a search, which it would not fit any more. */
  | { select: string; value: string }
  | { check: string }
  /** `first`: only before there is a search. */
  | { press: string; first: boolean };

export interface Step {
  title: string;
  actions: readonly Action[];
  /** The first one that is on the page is shown. */
  looks: readonly Look[];
}

const left = (section: string): string => `#${section} .panel[data-side="left"]`;
const SATURATION: Action = { check: 'input[name="measure"][value="saturation"]' };
/** Figures of an epoch need one. */
const ONE_EPOCH: Action = { press: '[data-testid="step-epoch"]', first: true };

export const STEPS: readonly Step[] = [
  {
    title: "Every edge is a mixture",
    actions: [{ select: "#preset", value: "collapse" }],
    looks: [
      {
        at: left("cell"),
        text: "On each edge of the cell, several operations work at once. A softmax of the parameters α gives each of them a share, and the shares add up to one. A line is as thick as the largest share.",
      },
    ],
  },
  {
    title: "The softmax saturates",
    actions: [SATURATION, ONE_EPOCH],
    looks: [
      {
        at: left("saturation"),
        text: "A square is dark where one operation has nearly all of the share. There the softmax lets no gradient through, and the choice is final. After the first epoch, which the tour starts, the map is still light.",
      },
    ],
  },
  {
    title: "Cells that disagree",
    actions: [ONE_EPOCH],
    looks: [
      {
        at: left("agreement"),
        text: "All cells share one choice, but each has a gradient of its own. A square is the cosine between the gradients of two cells. Where they disagree, only a saturated softmax brings the search to rest.",
      },
    ],
  },
  {
    title: "The price",
    actions: [{ press: '[data-testid="play"]', first: false }],
    looks: [
      {
        at: '[data-testid="race"]',
        text: "Now both searches run to their end. Then the cells that they found are trained from scratch on the same images. The difference between their test accuracies is the price of the collapse.",
      },
      {
        at: '[data-plot="table-accuracy"]',
        text: "Now both searches run to their end. NAS-Bench-201 has trained every cell of this space in full, and the plot shows what the present ones reach. The difference is the price of the collapse.",
      },
      {
        at: "#curves",
        text: "Now both searches run to their end, and the curves show every epoch. The accuracy of a cell counts once it is trained from scratch: that of the supernet says little about it.",
      },
    ],
  },
  {
    title: "What Λ changes",
    actions: [ONE_EPOCH],
    looks: ['[data-plot="alignment"]', "#curves"].map((at) => ({
      at,
      text: "Λ is the mean cosine between the gradients of the cells. Λ-DARTS trains the weights to raise it, with a strength λ that grows over the epochs. Cells that agree need no saturation to come to rest.",
    })),
  },
  {
    title: "Your turn",
    actions: [],
    looks: [
      {
        at: `body:has([data-testid="lambda"]) ${left("cell")}`,
        text: "Click an edge to force an operation on it, or to forbid one. Drag λ while the search runs: the curves keep a mark of each change. The same seed repeats everything else.",
      },
      {
        at: "#more",
        text: "Open the settings and set λ to 0: both sides become the same search. Change the seed, and see whether the difference lasts. The address of this page holds every setting.",
      },
      {
        at: left("cell"),
        text: "Play, pause, and move the slider back to an earlier epoch. Compare the two sides: where do their cells differ?",
      },
    ],
  },
];
