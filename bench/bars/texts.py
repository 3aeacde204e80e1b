"""Prompts: prose that differs from the first word on, so that no server can reuse what it read before; and texts to correct."""
import json
import random

SENTENCES = """The harbour was quiet when the last boat came home.
Two old men mended their nets beside the wall and spoke of the weather.
Nobody had seen the lighthouse keeper since the storm in March.
A letter lay unopened on the kitchen table, addressed in a careful hand.
The mayor promised a new bridge, as all mayors before her had done.
In the evening the children counted the ships on the horizon.
Snow had fallen over night and covered the tracks of the carts.
The baker opened her shop an hour earlier than usual.
Each spring the river took a little more of the lower meadow.
The teacher drew a map of the island and asked what was missing.
Behind the church stood a pear tree that bore fruit every second year.
The train from the capital was late, and the telegraph was silent.
My uncle kept bees and knew the name of every flower on the hill.
At noon the market was so full that one could hardly see the stones.
The doctor wrote down what he had heard and locked the drawer.
Some said that the well was older than the village itself.
The clock in the tower had shown twenty past four for eleven years.
She bought a blue coat, three oranges and a ticket to the coast.
The carpenter measured the door twice and shook his head.
Far away a dog barked, and another one answered from the mill.
The apprentice asked why the glass was green and got no answer.
When the fog lifted, the second tower was gone.
They played cards for matches until the lamp went out.
The surveyor found that the two halves of the road did not meet.""".splitlines()


def prose(words, seed):
    draw = random.Random(seed)
    text = f"{draw.randrange(10**6)}."
    while len(text.split()) < words:
        text += " " + draw.choice(SENTENCES)
    return " ".join(text.split()[:words])


def paragraphs(files, least=500):
    """Of at least so many characters; shorter ones are joined."""
    whole, text = [], ""
    for piece in (piece for file in files for piece in pieces(file)):
        text += (" " if text else "") + piece
        if len(text) >= least:
            whole.append(text)
            text = ""
    return whole


def pieces(file):
    if file.suffix == ".jsonl":
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        return [line.get("wrong") or line["text"] for line in lines]
    # No headings, tables, lists and listings.
    return [" ".join(piece.split()) for piece in file.read_text().split("\n\n") if piece[:1] not in "|#`-0123456789"]
