"""Users, their recipes, and what can go wrong with them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, String, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.orm.exc import StaleDataError


class RecipeNotFound(LookupError):
    """There is no recipe with this id."""


class NameTaken(ValueError):
    """Another recipe has this name."""


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    recipes: Mapped[list[Recipe]] = relationship(back_populates="author", order_by="Recipe.id")

    @classmethod
    def named(cls, session: Session, name: str) -> User:
        """The user with this name, who is made on first sight."""
        query = select(cls).filter_by(name=name)
        user = session.scalar(query)
        if user is None:
            session.add(cls(name=name))
            try:
                session.commit()
            except IntegrityError:  # another worker was faster
                session.rollback()
            user = session.scalars(query).one()
        return user


class Recipe(Base):
    __tablename__ = "recipes"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    servings: Mapped[int | None]
    ingredients: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author: Mapped[User | None] = relationship(back_populates="recipes")

    @classmethod
    def get(cls, session: Session, recipe_id: int) -> Recipe:
        """The recipe with this id, else RecipeNotFound."""
        recipe = session.get(cls, recipe_id) if recipe_id < 2**31 else None
        if recipe is None:
            raise RecipeNotFound
        return recipe

    def save(self, session: Session) -> None:
        """Stores the recipe; NameTaken if there is another one of its name."""
        session.add(self)
        try:
            session.commit()
        except IntegrityError as error:
            session.rollback()
            raise NameTaken from error
        except StaleDataError as error:  # deleted since it was read
            session.rollback()
            raise RecipeNotFound from error

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "servings": self.servings,
            "ingredients": self.ingredients,
            "author": self.author and self.author.name,
        }
