using System.Runtime.CompilerServices;
using Switchyard.Refinement.Schemas;

namespace Switchyard.Refinement.Records;

/// <summary>An attribute: <c>Range(1, 5)</c>.</summary>
/// <param name="Name">Its name, without namespace and without <c>Attribute</c>.</param>
/// <param name="Arguments">Its arguments, each as its tokens.</param>
/// <param name="Start">Where it begins.</param>
/// <param name="End">Where it ends.</param>
internal sealed record CSharpAttribute(string Name, IReadOnlyList<IReadOnlyList<CSharpToken>> Arguments, int Start, int End);

/// <summary>A parameter of a record, or a property.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type, as its tokens.</param>
/// <param name="Attributes">Its attributes.</param>
/// <param name="IsParameter">Whether it is a parameter of a record.</param>
/// <param name="Required">The word <c>required</c>; null if it is not marked so.</param>
/// <param name="HasDefault">Whether it has a default value.</param>
/// <param name="Start">Where its attributes begin, else the member.</param>
/// <param name="BodyStart">Where it begins after its attributes.</param>
/// <param name="End">Where it ends.</param>
internal sealed record CSharpMember(
    string Name,
    IReadOnlyList<CSharpToken> Type,
    IReadOnlyList<CSharpAttribute> Attributes,
    bool IsParameter,
    CSharpToken? Required,
    bool HasDefault,
    int Start,
    int BodyStart,
    int End);

/// <summary>Finds the types of a C# text and their members. Skips parts that it does not understand.</summary>
internal sealed class CSharpDeclarations
{
    private static readonly HashSet<string> s_modifiers = new(StringComparer.Ordinal)
    {
        "public", "internal", "private", "protected", "required", "virtual", "override", "sealed", "new", "abstract", "readonly", "static",
        "partial", "params", "in", "const", "event",
    };

    private readonly List<CSharpToken> _tokens;
    private int _at;

    private CSharpDeclarations(string text) => _tokens = CSharpToken.Read(text);

    /// <summary>The types with their members, in text order.</summary>
    public List<(string Name, List<CSharpMember> Members)> Types { get; } = [];

    /// <exception cref="SchemaTextException">The text cannot be split into tokens.</exception>
    public static CSharpDeclarations Read(string text)
    {
        var found = new CSharpDeclarations(text);
        try
        {
            while (found.Now.Kind != TokenKind.End)
            {
                if (!found.TryType())
                    found._at++;
            }
        }
        catch (InsufficientExecutionStackException e)
        {
            throw new SchemaTextException($"The types are nested more than {SchemaModel.MaxDepth} deep.", e);
        }

        return found;
    }

    // A text may end anywhere, and parts of several tokens are skipped as a whole: the last token is then the end.
    private CSharpToken Now => _tokens[Math.Min(_at, _tokens.Count - 1)];

    private CSharpToken Next => _tokens[Math.Min(_at + 1, _tokens.Count - 1)];

    /// <summary>Reads <c>record Name(…) : Base { … }</c>, from its keyword.</summary>
    private bool TryType()
    {
        if (Now.Kind != TokenKind.Word || !(Now.Is("record") || Now.Is("class") || Now.Is("struct")) || Next.Kind != TokenKind.Word)
            return false;
        RuntimeHelpers.EnsureSufficientExecutionStack();
        var isRecord = Now.Is("record");
        _at++;
        if (isRecord && (Now.Is("struct") || Now.Is("class")))
            _at++;
        var members = new List<CSharpMember>();
        Types.Add((Now.Value, members));
        _at++;
        if (Now.Is("<"))
            SkipBrackets();
        if (Now.Is("("))
            ReadParameters(members);
        while (Now.Kind != TokenKind.End && !Now.Is("{") && !Now.Is(";"))
            _at++;
        if (Now.Is("{"))
            ReadBody(members);
        return true;
    }

    private void ReadParameters(List<CSharpMember> members)
    {
        _at++;
        while (Now.Kind != TokenKind.End && !Now.Is(")"))
        {
            var before = _at;
            if (ReadMember(isParameter: true) is { } member)
                members.Add(member);
            // The rest of the parameter, up to the comma.
            while (Now.Kind != TokenKind.End && !Now.Is(",") && !Now.Is(")"))
                SkipOne();
            if (Now.Is(","))
                _at++;
            else if (_at == before)
                break;
        }

        if (Now.Is(")"))
            _at++;
    }

    private void ReadBody(List<CSharpMember> members)
    {
        _at++;
        while (Now.Kind != TokenKind.End && !Now.Is("}"))
        {
            var start = _at;
            if (ReadMember(isParameter: false) is { } member)
            {
                members.Add(member);
                continue;
            }

            _at = start;
            PassOver();
        }

        if (Now.Kind != TokenKind.End)
            _at++;
    }

    /// <summary>Skips a member that is not a property: a nested type, or another member with its body.</summary>
    private void PassOver()
    {
        while (Now.Kind != TokenKind.End && !Now.Is(";") && !Now.Is("{") && !Now.Is("}"))
        {
            if (TryType())
                return;
            SkipOne();
        }

        if (Now.Is("{"))
            SkipBrackets();
        else if (Now.Is(";"))
            _at++;
    }

    /// <summary>Reads attributes, modifiers, a type and a name; null if the text is not a member.</summary>
    private CSharpMember? ReadMember(bool isParameter)
    {
        var start = Now.Start;
        var attributes = new List<CSharpAttribute>();
        while (Now.Is("["))
            ReadAttributes(attributes);
        var bodyStart = Now.Start;
        CSharpToken? required = null;
        var isStatic = false;
        while (Now.Kind == TokenKind.Word && s_modifiers.Contains(Now.Value))
        {
            if (Now.Is("required"))
                required = Now;
            isStatic |= Now.Is("static") || Now.Is("const") || Now.Is("private") || Now.Is("event");
            _at++;
        }

        if (ReadType() is not { } type || Now.Kind != TokenKind.Word)
            return null;
        var name = Now.Value;
        var end = Now.End;
        _at++;
        var hasDefault = false;
        if (!isParameter)
        {
            if (isStatic || !Now.Is("{")
                || !(Next.Is("get") || Next.Is("set") || Next.Is("init") || Next.Is("[") || s_modifiers.Contains(Next.Value)))
                return null;
            SkipBrackets();
            end = _tokens[_at - 1].End;
        }

        if (Now.Is("="))
        {
            hasDefault = true;
            while (Now.Kind != TokenKind.End && !Now.Is(";") && !Now.Is(",") && !Now.Is(")"))
                SkipOne();
            end = _tokens[_at - 1].End;
        }

        if (!isParameter && hasDefault && Now.Is(";"))
        {
            end = Now.End;
            _at++;
        }

        return new(name, type, attributes, isParameter, required, hasDefault, start, bodyStart, end);
    }

    private List<CSharpToken>? ReadType()
    {
        var type = new List<CSharpToken>();
        if (Now.Kind != TokenKind.Word)
            return null;
        while (true)
        {
            type.Add(Now);
            _at++;
            if (Now.Is("<"))
            {
                var from = _at;
                SkipBrackets();
                type.AddRange(_tokens[from.._at]);
            }

            if (!Now.Is(".") || Next.Kind != TokenKind.Word)
                break;
            type.Add(Now);
            _at++;
        }

        while (Now.Is("?") || (Now.Is("[") && Next.Is("]")))
        {
            type.Add(Now);
            _at++;
            if (!_tokens[_at - 1].Is("["))
                continue;
            type.Add(Now);
            _at++;
        }

        return type;
    }

    private void ReadAttributes(List<CSharpAttribute> attributes)
    {
        _at++;
        if (Now.Kind == TokenKind.Word && Next.Is(":"))
            _at += 2;
        while (Now.Kind == TokenKind.Word)
        {
            var start = Now.Start;
            while (Next.Is("."))
                _at += 2;
            var name = Now.Value.EndsWith("Attribute", StringComparison.Ordinal) ? Now.Value[..^9] : Now.Value;
            _at++;
            var arguments = new List<IReadOnlyList<CSharpToken>>();
            if (Now.Is("("))
            {
                var from = _at + 1;
                SkipBrackets();
                arguments = Split(_tokens[from..Math.Max(from, _at - 1)]);
            }

            attributes.Add(new(name, arguments, start, _tokens[_at - 1].End));
            if (!Now.Is(","))
                break;
            _at++;
        }

        while (Now.Kind != TokenKind.End && !Now.Is("]"))
            SkipOne();
        if (Now.Is("]"))
            _at++;
    }

    private static List<IReadOnlyList<CSharpToken>> Split(List<CSharpToken> tokens)
    {
        var parts = new List<IReadOnlyList<CSharpToken>>();
        var part = new List<CSharpToken>();
        var depth = 0;
        foreach (var token in tokens)
        {
            depth += token.Kind != TokenKind.Mark ? 0 : token.Value is "(" or "[" or "{" ? 1 : token.Value is ")" or "]" or "}" ? -1 : 0;
            if (depth == 0 && token.Is(","))
            {
                parts.Add(part);
                part = [];
                continue;
            }

            part.Add(token);
        }

        if (part.Count > 0)
            parts.Add(part);
        return parts;
    }

    /// <summary>Skips one token, or a bracket with its content.</summary>
    private void SkipOne()
    {
        if (Now.Kind == TokenKind.Mark && Now.Value is "(" or "[" or "{")
            SkipBrackets();
        else
            _at++;
    }

    /// <summary>Skips a bracket with its content. Angle brackets count only if it starts with one.</summary>
    private void SkipBrackets()
    {
        var (depth, withAngles) = (0, Now.Is("<"));
        do
        {
            if (Now.Kind == TokenKind.Mark)
            {
                depth += Now.Value switch
                {
                    "(" or "[" or "{" => 1,
                    ")" or "]" or "}" => -1,
                    "<" when withAngles => 1,
                    ">" when withAngles => -1,
                    _ => 0,
                };
            }

            _at++;
        }
        while (depth > 0 && Now.Kind != TokenKind.End);
    }
}
