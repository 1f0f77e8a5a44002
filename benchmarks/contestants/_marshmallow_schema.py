"""The recipe schema as marshmallow classes (shared by smorest and APIFlask)."""


def make(base):
    from marshmallow import RAISE, fields
    from marshmallow import validate as v

    class Ingredient(base):
        class Meta:
            unknown = RAISE

        name = fields.String(required=True, validate=v.Length(1, 80))
        quantity = fields.Float(required=True, validate=v.Range(0, 100000))
        unit = fields.String(required=True, validate=v.OneOf(["g", "ml", "piece", "tsp", "tbsp"]))
        note = fields.String(validate=v.Length(max=120))
        optional = fields.Boolean()

    class Recipe(base):
        class Meta:
            unknown = RAISE

        title = fields.String(required=True, validate=v.Length(1, 120))
        slug = fields.String(validate=[v.Length(max=80), v.Regexp("^[a-z0-9-]+$")])
        summary = fields.String(validate=v.Length(max=300))
        servings = fields.Integer(required=True, strict=True, validate=v.Range(1, 100))
        prep_minutes = fields.Integer(strict=True, validate=v.Range(0, 1440))
        cook_minutes = fields.Integer(strict=True, validate=v.Range(0, 1440))
        difficulty = fields.String(required=True, validate=v.OneOf(["easy", "medium", "hard"]))
        cuisine = fields.String(validate=v.Length(1, 40))
        language = fields.String(validate=v.Length(2, 5))
        rating = fields.Float(validate=v.Range(0, 5))
        tags = fields.List(fields.String(validate=v.Length(1, 30)), validate=v.Length(max=10))
        ingredients = fields.List(
            fields.Nested(Ingredient), required=True, validate=v.Length(1, 50)
        )

    return Recipe


def jwt_config(app):
    from datetime import timedelta

    import job

    app.config.update(
        JWT_SECRET_KEY=job.SECRET,
        JWT_ALGORITHM="HS256",
        JWT_DECODE_AUDIENCE=job.AUDIENCE,
        JWT_DECODE_ISSUER=job.ISSUER,
        JWT_ACCESS_TOKEN_EXPIRES=timedelta(hours=1),
    )
