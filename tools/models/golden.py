#!/usr/bin/env python3
"""Makes small models with random weights of each kind that `encode-models` reads, and what the reference makes of a few
texts and a picture: for its tests. Needs torch, transformers, tokenizers, pillow, numpy.

    python tools/models/golden.py crates/encode-models/tests/it/golden [FOLDER OF all-MiniLM-L6-v2]
"""

import json
import pathlib
import sys

import numpy as np
import torch
import transformers
from PIL import Image
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

TEXTS = ["kitchen", "Could you pass the salt, please?", "a ferry at night", "Zoë's café — naïve!", "x" * 50 + " and so on " * 30]
OURS = [
    "the night ferry leaves the harbour at ten", "mara stands in the galley and cooks", "could you pass the salt please",
    "captain brandt looks at the sea", "a lamp, a rope, a cup of tea", "joao runs along the deck in the rain",
] * 4


def numbers(tensor):
    return [round(float(x), 7) for x in torch.nn.functional.normalize(tensor, dim=-1)[0]]


def spread(model, dtype=torch.float16):
    """Weights larger than the reference starts with, so that every step matters; as exact as they are written."""
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            scale = 0.35 if weight.dim() > 1 else 0.2
            one = 1.0 if "norm" in name.lower() and name.endswith("weight") else 0.0
            weight.copy_(one + scale * torch.randn(weight.shape, generator=generator))
    return model.to(dtype).float().eval()


def picture():
    """A picture of our own: 50 times 37 pixels of waves."""
    y, x = np.mgrid[0:37, 0:50]
    waves = [127 + 120 * np.sin(x / 3 + c) * np.cos(y / (4 + c)) for c in range(3)]
    return Image.fromarray(np.stack(waves, -1).astype(np.uint8))


def pixels(image, size, cropped, mean, std):
    if cropped:
        w, h = image.size
        to = (size, int(size * h / w)) if w <= h else (int(size * w / h), size)
        image = image.resize(to, Image.BICUBIC)
        left, top = (image.width - size) // 2, (image.height - size) // 2
        image = image.crop((left, top, left + size, top + size))
    else:
        image = image.resize((size, size), Image.BICUBIC)
    values = (np.asarray(image, np.float32) / 255 - np.array(mean, np.float32)) / np.array(std, np.float32)
    return torch.tensor(values.transpose(2, 0, 1)[None])


def write(folder, model, tokenizer, golden, extra=None, dtype=torch.float16):
    folder.mkdir(parents=True, exist_ok=True)
    model.to(dtype).save_pretrained(folder, safe_serialization=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    for name, value in {"golden.json": golden, **(extra or {})}.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(value) + "\n")
    for path in folder.glob("generation_config.json"):
        path.unlink()


def bert(root):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(OURS, trainers.WordPieceTrainer(vocab_size=200, special_tokens=special, show_progress=False))
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    config = transformers.BertConfig(
        vocab_size=200, hidden_size=24, num_hidden_layers=2, num_attention_heads=4, intermediate_size=32, max_position_embeddings=40
    )
    model = spread(transformers.BertModel(config, add_pooling_layer=False), torch.bfloat16)
    tokenizer.enable_truncation(24)
    golden = {"texts": []}
    for text in TEXTS:
        ids = torch.tensor([tokenizer.encode(text).ids])
        golden["texts"].append([text, numbers(model(input_ids=ids).last_hidden_state.mean(1))])
    tokenizer.no_truncation()
    extra = {"1_Pooling/config.json": {"pooling_mode_mean_tokens": True}, "sentence_bert_config.json": {"max_seq_length": 24}}
    write(root / "bert", model, tokenizer, golden, extra, torch.bfloat16)


def clip(root):
    start, end = "<|startoftext|>", "<|endoftext|>"
    tokenizer = Tokenizer(models.BPE(unk_token=end, end_of_word_suffix="</w>", continuing_subword_prefix=""))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    words = Regex(r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(words, "removed", invert=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=600, special_tokens=[start, end], end_of_word_suffix="</w>", initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(OURS, trainer)
    begin, stop = tokenizer.token_to_id(start), tokenizer.token_to_id(end)
    tokenizer.post_processor = processors.RobertaProcessing((end, stop), (start, begin), trim_offsets=False, add_prefix_space=False)
    tower = dict(hidden_size=24, num_hidden_layers=2, num_attention_heads=4, intermediate_size=32, projection_dim=20)
    text = dict(tower, vocab_size=tokenizer.get_vocab_size(), max_position_embeddings=20, bos_token_id=begin, eos_token_id=stop, pad_token_id=stop)
    vision = dict(tower, image_size=32, patch_size=8)
    config = transformers.CLIPConfig(text_config=text, vision_config=vision, projection_dim=20)
    model = spread(transformers.CLIPModel(config))
    mean, std = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]
    tokenizer.enable_truncation(20)
    golden = {"texts": [], "picture": numbers(features(model.get_image_features(pixel_values=pixels(picture(), 32, True, mean, std))))}
    for line in TEXTS:
        ids = torch.tensor([tokenizer.encode(line).ids])
        golden["texts"].append([line, numbers(features(model.get_text_features(input_ids=ids)))])
    tokenizer.no_truncation()
    write(root / "clip", model, tokenizer, golden, {"preprocessor_config.json": {"image_mean": mean, "image_std": std, "resample": 3}})


def siglip(root):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase(), normalizers.Replace(Regex(r"[^\w\s]"), "")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(vocab_size=120, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False)
    tokenizer.train_from_iterator(OURS, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    tower = dict(hidden_size=24, num_hidden_layers=2, num_attention_heads=4, intermediate_size=32)
    text = dict(tower, vocab_size=tokenizer.get_vocab_size(), max_position_embeddings=16, pad_token_id=1, bos_token_id=0, eos_token_id=1)
    config = transformers.SiglipConfig(text_config=text, vision_config=dict(tower, image_size=32, patch_size=8))
    model = spread(transformers.SiglipModel(config))
    half = [0.5] * 3
    golden = {"texts": [], "picture": numbers(features(model.get_image_features(pixel_values=pixels(picture(), 32, False, half, half))))}
    tokenizer.enable_truncation(16)
    for line in TEXTS:
        ids = tokenizer.encode(line).ids
        ids = torch.tensor([ids + [1] * (16 - len(ids))])
        golden["texts"].append([line, numbers(features(model.get_text_features(input_ids=ids)))])
    tokenizer.no_truncation()
    write(root / "siglip", model, tokenizer, golden, {"preprocessor_config.json": {"image_mean": half, "image_std": half, "resample": 3}})


def minilm(root, folder):
    """What the reference makes of the texts with the real model, for those who have it."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    rows = []
    for text in TEXTS:
        ids = tokenizer(text, truncation=True, max_length=256, return_tensors="pt")
        rows.append([text, [round(x, 5) for x in numbers(model(**ids).last_hidden_state.mean(1))]])
    (root / "minilm.json").write_text(json.dumps({"texts": rows}, separators=(",", ":")) + "\n")


def features(answer):
    """Newer versions of the reference wrap the vector."""
    return answer if torch.is_tensor(answer) else answer.pooler_output


def main(root, folder=None):
    root = pathlib.Path(root)
    torch.manual_seed(0)
    with torch.inference_mode():
        for make in (bert, clip, siglip):
            make(root)
        if folder:
            minilm(root, folder)
    picture().save(root / "picture.png")


if __name__ == "__main__":
    main(*sys.argv[1:])
