"""Texts to sentence vectors, by a model in ONNX form."""

import ctypes
from contextlib import suppress
from typing import Any

import numpy as np

from services.discovery.index.arrays import Weights
from services.discovery.meaning.files import ModelFiles, ModelRefusedError

MOST_TOKENS = 256  # what the model was trained for; a text is cut there


class Encoder:
    """Mean pooling over the tokens, unit length: as sentence-transformers does for this model.

    One core's work at a time per call. Safe for several threads.
    """

    def __init__(self, files: ModelFiles) -> None:
        """Load the model. Raises ModelRefusedError where the files hold none that works here."""
        # Imported here: a process that only starts others needs neither.
        import onnxruntime
        from tokenizers import Tokenizer

        self.name, self.id = files.name, files.id
        try:
            self._tokenizer = Tokenizer.from_buffer(files.tokenizer)
            self._tokenizer.no_padding()
            self._tokenizer.enable_truncation(MOST_TOKENS)
            self._session = onnxruntime.InferenceSession(
                files.model, _options(onnxruntime), providers=["CPUExecutionProvider"]
            )
            self._inputs = {wanted.name for wanted in self._session.get_inputs()}
            self.dimensions = len(self.encode("one text"))
            _give_back_memory()
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


def _options(onnxruntime: Any) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.enable_cpu_mem_arena = False  # memory goes back after a long text
    options.log_severity_level = 3
    return options


def _give_back_memory() -> None:
    """What loading took and let go, 70 MB, goes back to the system, where its library is glibc."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)
