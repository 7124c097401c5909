"""An order endpoint of FastAPI that only reads and answers: what the stack itself costs."""

from itertools import count
from typing import Literal

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field


class Order(BaseModel):
    model_config = ConfigDict(extra="forbid")

    instrument_id: str
    side: Literal["buy", "sell"]
    quantity: int = Field(ge=-(2**53), le=2**53)
    order_type: Literal["limit", "market"] = "limit"
    price: float | None = None
    client_order_id: str | None = Field(default=None, min_length=1, max_length=36)


class Answer(BaseModel):
    order_id: int
    client_order_id: str | None
    status: str


class Request(BaseModel):
    id: int
    method: str
    params: Order


numbers = count(1)
app = FastAPI()


@app.post("/exchange/orders", status_code=201)
async def place(order: Order) -> Answer:
    return answer_of(order)


@app.websocket("/ws")
async def orders(socket: WebSocket) -> None:
    await socket.accept(subprotocol="itg.v1.json")
    try:
        while True:
            request = Request.model_validate_json(await socket.receive_text())
            answer = answer_of(request.params).model_dump_json()
            await socket.send_text(f'{{"id":{request.id},"result":{answer}}}')
    except WebSocketDisconnect:
        return


def answer_of(order: Order) -> Answer:
    return Answer(order_id=next(numbers), client_order_id=order.client_order_id, status="working")
