using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;

namespace Switchyard.Gateway.Admin;

/// <summary>The schema of a body of the admin API, for its description: that of a type, or one written as JSON.</summary>
internal sealed class AdminSchema
{
    private readonly Func<JsonNode> _create;

    private AdminSchema(string name, Func<JsonNode> create) => (Name, _create) = (name, create);

    /// <summary>Its name in the description: <c>BudgetView</c>, <c>ListOfBudgetView</c>.</summary>
    public string Name { get; }

    /// <summary>A schema written as JSON, for a body without a type of its own.</summary>
    public static AdminSchema Json(string name, string schema) => new(name, () => JsonNode.Parse(schema)!);

    /// <summary>A schema that is created on demand.</summary>
    public static AdminSchema Made(string name, Func<JsonNode> create) => new(name, create);

    /// <summary>The schema of a type, as its source-generated contract reads and writes it.</summary>
    public static AdminSchema FromJsonTypeInfo(JsonTypeInfo type) => new(NameOf(type.Type), () => type.GetJsonSchemaAsNode());

    public static implicit operator AdminSchema(JsonTypeInfo type) => FromJsonTypeInfo(type);

    /// <summary>A new copy of the schema.</summary>
    public JsonNode Create() => _create();

    private static string NameOf(Type type)
    {
        var name = type.Name.Split('`')[0];
        name = name.EndsWith("Json", StringComparison.Ordinal) && name != "Json" ? name[..^"Json".Length] : name;
        return !type.IsGenericType ? name
            : $"{(name == "AdminList" ? "ListOf" : name)}{string.Concat(type.GenericTypeArguments.Select(NameOf))}";
    }
}
