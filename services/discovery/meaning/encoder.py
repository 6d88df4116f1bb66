"""Texts to sentence vectors, by a model in ONNX form."""

from collections.abc import Sequence

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from services.discovery.index.arrays import Weights
from services.discovery.meaning.files import ModelFiles, ModelRefusedError

MOST_TOKENS = 256  # what the model was trained for; a text is cut there


class Encoder:
    """Mean pooling over the tokens, unit length: as sentence-transformers does for this model.

    One core's work at a time per call. Safe for several threads.
    """

    def __init__(self, files: ModelFiles) -> None:
        """Load the model. Raises ModelRefusedError where the files hold none that works here."""
        self.name, self.id = files.name, files.id
        try:
            self._tokenizer = Tokenizer.from_buffer(files.tokenizer)
            self._tokenizer.no_padding()
            self._tokenizer.enable_truncation(MOST_TOKENS)
            self._session = onnxruntime.InferenceSession(
                files.model, _options(), providers=["CPUExecutionProvider"]
            )
            self._inputs = {wanted.name for wanted in self._session.get_inputs()}
            self.dimensions = len(self.encode("one text"))
        except Exception as error:
            why = str(error).strip().splitlines() or [type(error).__name__]
            raise ModelRefusedError(f"the model {files.name} does not load: {why[0]}") from error

    def encode(self, text: str, most_tokens: int = MOST_TOKENS) -> Weights:
        """Give the vector of a text, of length 1; a text without tokens has one too."""
        encoding = self._tokenizer.encode(text)
        ids = encoding.ids
        if len(ids) > most_tokens:
            ids = [*ids[: most_tokens - 1], ids[-1]]
        tokens = np.array([ids], np.int64)
        feeds = {
            "input_ids": tokens,
            "attention_mask": np.ones_like(tokens),
            "token_type_ids": np.zeros_like(tokens),
        }
        (states, *_) = self._session.run(
            None, {name: array for name, array in feeds.items() if name in self._inputs}
        )
        mean: Weights = np.asarray(states[0], np.float32).mean(axis=0)
        return mean / np.float32(np.linalg.norm(mean) or 1.0)

    def encode_all(self, texts: Sequence[str]) -> list[Weights]:
        """Give the vector of each text, one after the other: batches are no faster on one core."""
        return [self.encode(text) for text in texts]


def _options() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.enable_cpu_mem_arena = False  # memory goes back after a long text
    options.log_severity_level = 3
    return options
