using System.Globalization;
using Switchyard.Refinement.Schemas;

namespace Switchyard.Refinement.Records;

/// <summary>C# records and classes: attributes are added or get other arguments, types and modifiers are changed in place.</summary>
internal sealed class CSharpLanguage : ISchemaLanguage
{
    private const string Namespace = "System.ComponentModel.DataAnnotations";

    public SchemaFormat Format => SchemaFormat.CSharp;

    public SchemaModel Read(string text, string typeName) => CSharpReader.Read(text, typeName);

    public string? Write(SchemaModel model, SchemaNode node, SchemaField? field, SchemaChange change)
    {
        // A type inside another type, such as a list's item, cannot have attributes.
        if ((node.Layout ?? field?.Layout) is not CSharpMember member)
            return null;
        var text = model.Text;
        var number = change.Number.ToString(CultureInfo.InvariantCulture);
        return change.Kind switch
        {
            ChangeKind.Required when !member.IsParameter => Insert(text, member.Type[0].Start, "required "),
            ChangeKind.Optional when member.Required is { } required =>
                TextEdit.Apply(text, new TextEdit(required.Start, EndOfBlank(text, required.End), "")),
            ChangeKind.Required or ChangeKind.NotNull when member.Type[^1] is var mark && mark.Is("?") =>
                TextEdit.Apply(text, new TextEdit(mark.Start, mark.End, "")),
            ChangeKind.Optional or ChangeKind.Nullable when !member.Type[^1].Is("?") => Insert(text, member.Type[^1].End, "?"),
            ChangeKind.Integer => Retype(text, member, "long"),
            ChangeKind.Minimum => SetRange(text, member, 0, number, $"{number}, {LimitOf(member)}.MaxValue"),
            ChangeKind.Maximum => SetRange(text, member, 1, number, $"{LimitOf(member)}.MinValue, {number}"),
            ChangeKind.MinLength or ChangeKind.MinItems => SetLength(text, member, isLeast: true, number),
            ChangeKind.MaxLength or ChangeKind.MaxItems => SetLength(text, member, isLeast: false, number),
            ChangeKind.Pattern => Attribute(text, member, $"RegularExpression({CSharpString.Quote(change.Text)})"),
            ChangeKind.Format => WriteFormat(text, member, change.Text),
            ChangeKind.Enum => Attribute(text, member, $"AllowedValues({string.Join(", ", change.Values.Select(CSharpString.Quote))
                + (node.Facets.IsNullable ? ", null" : "")})"),
            _ => null,
        };
    }

    private static string Insert(string text, int at, string what) => TextEdit.Apply(text, new TextEdit(at, at, what));

    private static int EndOfBlank(string text, int at)
    {
        while (at < text.Length && text[at] is ' ' or '\t')
            at++;
        return at;
    }

    private static string? Retype(string text, CSharpMember member, string type)
    {
        var name = member.Type.Last(token => token.Kind == TokenKind.Word);
        return TextEdit.Apply(text, new TextEdit(name.Start, name.End, type));
    }

    private static string LimitOf(CSharpMember member) => member.Type[0].Value is "int" or "Int32" or "short" or "byte" ? "int" : "double";

    private static string? WriteFormat(string text, CSharpMember member, string format) => format switch
    {
        TextFormats.Email => Attribute(text, member, "EmailAddress"),
        TextFormats.Uri => Attribute(text, member, "Url"),
        // These types have a format already; attributes for texts have no meaning for them.
        _ when member.Attributes.Any(attribute => attribute.Name is not ("JsonPropertyName" or "Required" or "JsonRequired")) => null,
        TextFormats.Uuid => Retype(text, member, "Guid"),
        TextFormats.DateTime => Retype(text, member, "DateTimeOffset"),
        TextFormats.Date => Retype(text, member, "DateOnly"),
        _ => null,
    };

    private static string? SetRange(string text, CSharpMember member, int index, string number, string both)
    {
        if (member.Attributes.FirstOrDefault(attribute => attribute.Name == "Range") is not { } range)
            return Attribute(text, member, $"Range({both})");
        return range.Arguments.Count >= 2 && range.Arguments[0] is not [{ Value: "typeof" }, ..]
            ? Replace(text, range.Arguments[index], number)
            : null;
    }

    private static string? SetLength(string text, CSharpMember member, bool isLeast, string number)
    {
        foreach (var attribute in member.Attributes)
        {
            switch (attribute.Name)
            {
                case "MinLength" when isLeast && attribute.Arguments.Count > 0:
                case "MaxLength" or "StringLength" when !isLeast && attribute.Arguments.Count > 0:
                    return Replace(text, attribute.Arguments[0], number);
                case "Length" when attribute.Arguments.Count >= 2:
                    return Replace(text, attribute.Arguments[isLeast ? 0 : 1], number);
                case "StringLength" when isLeast
                    && attribute.Arguments.FirstOrDefault(argument => argument is [{ Value: "MinimumLength" }, _, _]) is [_, _, var value]:
                    return Replace(text, [value], number);
            }
        }

        return Attribute(text, member, $"{(isLeast ? "MinLength" : "MaxLength")}({number})");
    }

    private static string? Replace(string text, IReadOnlyList<CSharpToken> tokens, string value) =>
        tokens.Count == 0 ? null : TextEdit.Apply(text, new TextEdit(tokens[0].Start, tokens[^1].End, value));

    /// <summary>Adds an attribute before the member, on a separate line if the member has one, and its namespace if it is not
    /// imported.</summary>
    private static string Attribute(string text, CSharpMember member, string attribute)
    {
        var line = text.LastIndexOf('\n', Math.Max(0, member.BodyStart - 1)) + 1;
        var indentation = text[line..member.BodyStart];
        var written = member.IsParameter ? $"[property: {attribute}] "
            : string.IsNullOrWhiteSpace(indentation) && line > 0 ? $"[{attribute}]\n{indentation}"
            : $"[{attribute}] ";
        List<TextEdit> edits = [new(member.BodyStart, member.BodyStart, written)];
        if (!text.Contains($"using {Namespace};", StringComparison.Ordinal))
        {
            var first = CSharpToken.Read(text)[0];
            edits.Add(new(first.Start, first.Start, $"using {Namespace};\n{(first.Is("using") ? "" : "\n")}"));
        }

        return TextEdit.Apply(text, edits);
    }
}
