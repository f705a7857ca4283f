using System.Globalization;
using Switchyard.Refinement.Schemas;

namespace Switchyard.Refinement.Records;

/// <summary>Reads the types of one C# text as a schema. Nothing is compiled.</summary>
internal sealed class CSharpReader
{
    private const int MaxTypeTokens = 500;

    private readonly CSharpDeclarations _declared;
    private readonly Dictionary<string, SchemaNode> _made = new(StringComparer.Ordinal);
    private int _depth;

    private CSharpReader(CSharpDeclarations declared) => _declared = declared;

    /// <exception cref="SchemaTextException">The text declares no type with members.</exception>
    public static SchemaModel Read(string text, string typeName)
    {
        var declared = CSharpDeclarations.Read(text);
        var types = declared.Types.Where(type => type.Members.Count > 0).ToList();
        if (types.Count == 0)
            throw new SchemaTextException(
                "The text declares no record or class with members: send something like record User(string Name);");
        var reader = new CSharpReader(declared);
        var root = types.FirstOrDefault(type => type.Name.Equals(typeName, StringComparison.OrdinalIgnoreCase)).Name ?? Whole(types);
        return new SchemaModel(SchemaFormat.CSharp, text, typeName, reader.Type(root));
    }

    /// <summary>The type that no other refers to, else the first: a file usually begins with its main type.</summary>
    private static string Whole(List<(string Name, List<CSharpMember> Members)> types)
    {
        var parts = types.SelectMany(type => type.Members.SelectMany(member => member.Type).Where(token => token.Value != type.Name))
            .Select(token => token.Value).ToHashSet(StringComparer.Ordinal);
        return types.FirstOrDefault(type => !parts.Contains(type.Name)).Name ?? types[0].Name;
    }

    private SchemaNode Type(string name)
    {
        if (_made.TryGetValue(name, out var made))
            return made;
        var members = _declared.Types.First(type => type.Name == name).Members;
        var node = new SchemaNode(
            new Facets(NodeKind.Object), members.Count == 0 ? 0 : members[0].Start, members.Count == 0 ? 0 : members[^1].End);
        // Added before its members are read: one of them may be of the same type.
        _made[name] = node;
        foreach (var member in members)
        {
            if (member.Attributes.Any(attribute => attribute.Name == "JsonIgnore") || node.Fields.Any(field => field.Name == member.Name))
                continue;
            var child = Node([.. member.Type], member);
            node.Fields.Add(
                new SchemaField(NameOf(member), child, IsOptional(member, child), member.BodyStart, member.End) { Layout = member });
        }

        return node;
    }

    private SchemaNode Node(IReadOnlyList<CSharpToken> type, CSharpMember? member)
    {
        if (++_depth > SchemaModel.MaxDepth)
            throw new SchemaTextException($"The schema is nested more than {SchemaModel.MaxDepth} deep.");
        var isNullable = type.Count > 1 && type[^1].Is("?");
        var bare = isNullable ? [.. type.SkipLast(1)] : type;
        var (facets, items, untouched) = Describe(bare);
        var node = new SchemaNode(facets with { IsNullable = isNullable || facets.Kind == NodeKind.Any }, type[0].Start, type[^1].End)
        {
            Untouched = untouched,
            Layout = member,
        };
        if (member?.Attributes.Any(attribute => attribute.Name == "Required") is true)
            node.Facets = node.Facets with { IsNullable = false };
        foreach (var attribute in member?.Attributes ?? [])
            node.Facets = CSharpAttributes.Apply(node.Facets, attribute);
        if (items is { Count: > 0 })
            node.Items = Node(items, null);
        if (facets.Kind == NodeKind.Reference)
            node.Target = Type(bare[^1].Value);
        _depth--;
        return node;
    }

    private (Facets Facets, IReadOnlyList<CSharpToken>? Items, string? Untouched) Describe(IReadOnlyList<CSharpToken> type)
    {
        if (type.Count > MaxTypeTokens)
            return (Facets.Anything, null, "its type is too long");
        if (type is [.., { Value: "[" }, { Value: "]" }])
            return (new(NodeKind.List), [.. type.SkipLast(2)], null);
        var angle = type.ToList().FindIndex(token => token.Is("<"));
        var name = angle > 0 ? type[angle - 1].Value : type[^1].Value;
        if (angle > 0 && type[^1].Is(">") && IsList(name))
            return (new(NodeKind.List), [.. type.Skip(angle + 1).SkipLast(1)], null);
        Facets? facets = angle > 0 ? null : name switch
        {
            "string" or "String" => new(NodeKind.Text),
            "bool" or "Boolean" => new(NodeKind.Flag),
            "int" or "long" or "short" or "byte" or "uint" or "ulong" or "ushort" or "sbyte" or "Int32" or "Int64" => new(NodeKind.Integer),
            "double" or "float" or "decimal" or "Double" or "Decimal" => new(NodeKind.Number),
            "Guid" => new(NodeKind.Text) { Format = TextFormats.Uuid },
            "DateTimeOffset" or "DateTime" => new(NodeKind.Text) { Format = TextFormats.DateTime },
            "DateOnly" => new(NodeKind.Text) { Format = TextFormats.Date },
            "Uri" => new(NodeKind.Text) { Format = "uri-reference" },
            _ when _declared.Types.Any(declared => declared.Name == name) => new(NodeKind.Reference),
            _ => null,
        };
        return facets is null ? (Facets.Anything, null, $"the type {(name.Length <= 40 ? name : name[..40])} is not known")
            : (facets, null, null);
    }

    private static bool IsList(string name) => name is "List" or "IList" or "IReadOnlyList" or "IEnumerable" or "ICollection"
        or "IReadOnlyCollection" or "HashSet" or "ISet" or "ImmutableArray" or "ImmutableList";

    private static string NameOf(CSharpMember member) =>
        member.Attributes.FirstOrDefault(
            attribute => attribute.Name == "JsonPropertyName") is { Arguments: [[{ Kind: TokenKind.Text } name]] }
            ? name.Value
            : member.Name;

    private static bool IsOptional(CSharpMember member, SchemaNode node) =>
        !member.Attributes.Any(attribute => attribute.Name is "Required" or "JsonRequired")
        && (member.IsParameter ? member.HasDefault || node.Facets.IsNullable : member.Required is null);
}

/// <summary>The rules that attributes set.</summary>
internal static class CSharpAttributes
{
    public static Facets Apply(Facets facets, CSharpAttribute attribute)
    {
        var arguments = attribute.Arguments;
        return attribute.Name switch
        {
            "Range" when facets.Kind is NodeKind.Number or NodeKind.Integer && arguments is [var least, var most, ..] => facets with
            {
                Least = Number(least) is { } low ? new Bound(low, Named(arguments, "MinimumIsExclusive") is "true") : null,
                Most = Number(most) is { } high ? new Bound(high, Named(arguments, "MaximumIsExclusive") is "true") : null,
            },
            "MinLength" when Count(arguments, 0) is { } count => facets with { MinLength = count },
            "MaxLength" when Count(arguments, 0) is { } count => facets with { MaxLength = count },
            "Length" => facets with { MinLength = Count(arguments, 0), MaxLength = Count(arguments, 1) },
            "StringLength" => facets with
            {
                MaxLength = Count(arguments, 0),
                MinLength = int.TryParse(Named(arguments, "MinimumLength"), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                    ? count : facets.MinLength,
            },
            "EmailAddress" => facets with { Format = TextFormats.Email },
            "Url" => facets with { Format = TextFormats.Uri },
            "RegularExpression" when arguments is [[{ Kind: TokenKind.Text } pattern], ..] => facets with { Pattern = pattern.Value },
            "RegularExpression" => facets with { Pattern = "\\p" },
            "AllowedValues" when facets.Kind == NodeKind.Text
                && arguments.All(argument => argument is [{ Kind: TokenKind.Text }] || argument is [{ Value: "null" }]) =>
                facets with { Choices = new([.. arguments.Where(each => each[0].Kind == TokenKind.Text).Select(each => each[0].Value)]) },
            _ => facets,
        };
    }

    private static int? Count(IReadOnlyList<IReadOnlyList<CSharpToken>> arguments, int index) =>
        index < arguments.Count && Number(arguments[index]) is >= 0 and <= int.MaxValue and var count ? (int)count : null;

    /// <summary>A number as an argument; null for a constant such as <c>int.MaxValue</c>, which is no bound.</summary>
    private static decimal? Number(IReadOnlyList<CSharpToken> argument) => argument switch
    {
        [{ Kind: TokenKind.Number } number] => Parse(number.Value),
        [{ Value: "-" }, { Kind: TokenKind.Number } number] => -Parse(number.Value),
        _ => null,
    };

    private static decimal? Parse(string text) => decimal.TryParse(
        text.Replace("_", "", StringComparison.Ordinal).TrimEnd('d', 'D', 'f', 'F', 'm', 'M', 'l', 'L', 'u', 'U'),
        NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>The value of a named argument; null if missing.</summary>
    private static string? Named(IReadOnlyList<IReadOnlyList<CSharpToken>> arguments, string name) =>
        arguments.FirstOrDefault(argument => argument is [var first, { Value: "=" }, ..] && first.Is(name)) is [_, _, var value]
            ? value.Value
            : null;
}
