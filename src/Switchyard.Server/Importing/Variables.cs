using System.Globalization;
using System.Text.RegularExpressions;

namespace Switchyard.Server.Importing;

/// <summary>The kind of a variable's value, so that a result can be checked before the variable is set.</summary>
internal enum VariableKind
{
    Secret,
    Address,
    Number,
    Flag,
    Redis,
    Ledger,
    Proxy,
}

/// <summary>An environment variable that the result refers to.</summary>
/// <param name="Name">Its name.</param>
/// <param name="TakesFrom">The setting whose literal value must be put into it; null if the source names the variable.</param>
internal sealed record ImportedVariable(string Name, string? TakesFrom);

/// <summary>
/// The environment variables of the result: those that the source names, and those that replace literal secrets, whose values are
/// written nowhere.
/// </summary>
internal sealed partial class Variables
{
    private readonly Regex _reference;
    private readonly HashSet<string> _named = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _byLiteral = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (VariableKind Kind, string? TakesFrom)> _used = new(StringComparer.Ordinal);

    /// <param name="reference">Matches a reference to a variable; the group <c>name</c> is its name.</param>
    /// <param name="root">The source, whose variable names are not used for literals.</param>
    public Variables(Regex reference, SourceNode root)
    {
        _reference = reference;
        foreach (var leaf in root.Leaves)
        {
            if (NameIn(leaf) is { } name)
                _named.Add(name);
        }
    }

    [GeneratedRegex("[^A-Za-z0-9]+", RegexOptions.CultureInvariant)]
    private static partial Regex Separators { get; }

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$", RegexOptions.CultureInvariant)]
    private static partial Regex VariableName { get; }

    [GeneratedRegex("auth|key|token|secret|cookie|password|credential", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SecretName { get; }

    /// <summary>The variables of the result, by name.</summary>
    public IReadOnlyList<ImportedVariable> Used =>
        [.. _used.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => new ImportedVariable(pair.Key, pair.Value.TakesFrom))];

    /// <summary>Sample values by kind, with which a result can be checked.</summary>
    public IReadOnlyDictionary<string, string> Samples => _used.ToDictionary(pair => pair.Key, pair => pair.Value.Kind switch
    {
        VariableKind.Address => "https://from-the-environment.example/v1",
        VariableKind.Number => "7",
        VariableKind.Flag => "true",
        VariableKind.Redis => "redis://127.0.0.1:6379",
        VariableKind.Proxy => "http://proxy.example:3128",
        VariableKind.Ledger => "postgres://127.0.0.1/switchyard",
        _ => $"value-of-{pair.Key}-for-checking",
    });

    /// <summary>The variable that a value refers to; null if it is a literal.</summary>
    public string? NameIn(SourceNode node) =>
        node.Kind == SourceKind.Text && _reference.Match(node.Text) is { Success: true } match ? match.Groups["name"].Value : null;

    /// <summary>Whether the source refers to a variable.</summary>
    public bool IsNamed(string name) => _named.Contains(name);

    /// <summary>A secret, always as a reference. A literal gets a new variable; equal literals share one.</summary>
    public string Secret(SourceNode node, string wanted, VariableKind kind = VariableKind.Secret)
    {
        if (NameIn(node) is { } named)
            return Refer(named, kind);
        if (!_byLiteral.TryGetValue(node.Text, out var name))
        {
            name = Free(wanted);
            _byLiteral[node.Text] = name;
            _used[name] = (kind, node.Path);
        }

        return $"${{{name}}}";
    }

    /// <summary>A reference to a variable that the source names without reference syntax; null if the name is not valid.</summary>
    public string? Named(string name, VariableKind kind = VariableKind.Secret) =>
        VariableName.IsMatch(name.Replace("env.", "", StringComparison.Ordinal)) ? Refer(name.Replace("env.", "",
            StringComparison.Ordinal), kind) : null;

    /// <summary>The value of a header, as a secret if its name suggests one.</summary>
    public string Header(SourceNode node, string owner) =>
        SecretName.IsMatch(node.Name) ? Secret(node, NameOf(owner, node.Name)) : Plain(node, VariableKind.Secret);

    /// <summary>Text that is not secret: a reference if the source has one, else the escaped text.</summary>
    public string Plain(SourceNode node, VariableKind kind) =>
        NameIn(node) is { } named ? Refer(named, kind) : Escape(node.Text);

    /// <summary>A reference to a new variable, for a secret that the source keeps elsewhere.</summary>
    public string Own(string wanted, SourceNode source, VariableKind kind = VariableKind.Secret)
    {
        var name = Free(wanted);
        _used[name] = (kind, source.Path);
        return $"${{{name}}}";
    }

    /// <summary>Escapes text so that no part of it is a reference.</summary>
    public static string Escape(string text) => text.Replace("${", "$${", StringComparison.Ordinal);

    /// <summary>A name in the usual form: capitals and underscores.</summary>
    public static string NameOf(params ReadOnlySpan<string> parts)
    {
        var name = Separators.Replace(string.Join('_', parts!), "_").Trim('_').ToUpperInvariant();
        return name.Length == 0 || char.IsAsciiDigit(name[0]) ? $"KEY_{name}" : name;
    }

    private string Refer(string name, VariableKind kind)
    {
        _used.TryAdd(name, (kind, null));
        return $"${{{name}}}";
    }

    private string Free(string wanted)
    {
        var name = NameOf(wanted);
        for (var number = 2; _named.Contains(name) || _used.ContainsKey(name); number++)
            name = NameOf(wanted, number.ToString(CultureInfo.InvariantCulture));
        return name;
    }
}
