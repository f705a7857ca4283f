using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects;

namespace Switchyard.Egress.Fitting;

/// <summary>
/// The names of one request's tools that its target's format does not take, and their fitted names. A fitted name depends on the client's
/// name alone, so that a call in the history and the tool it calls stay a pair and the same history gives the same bytes.
/// </summary>
internal sealed class ToolNames
{
    private const int HashLength = 9;

    private readonly Dictionary<string, string> _fitted = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _clients = new(StringComparer.Ordinal);

    private ToolNames()
    {
    }

    /// <summary>The names that have to be fitted; null if all fit, as in almost every request.</summary>
    public static ToolNames? Of(CanonicalChatRequest request, ToolNameRule rule)
    {
        if (rule.TakesAll)
            return null;
        ToolNames? names = null;
        foreach (var tool in request.Options.Tools ?? [])
        {
            if (tool is AIFunctionDeclaration)
                Add(ref names, tool.Name, rule);
        }

        foreach (var message in request.Messages)
        {
            foreach (var content in message.Contents)
            {
                if (content is FunctionCallContent call)
                    Add(ref names, call.Name, rule);
            }
        }

        return names;
    }

    /// <summary>The name that the target gets for a tool.</summary>
    public string Fit(string name) => _fitted.GetValueOrDefault(name, name);

    /// <summary>The name that the client knows a tool by.</summary>
    public string Restore(string name) => _clients.GetValueOrDefault(name, name);

    /// <summary>Gives the calls of an answer the client's names.</summary>
    public void Restore(IList<AIContent> contents)
    {
        for (var i = 0; i < contents.Count; i++)
        {
            contents[i] = contents[i] switch
            {
                FunctionCallContent call when _clients.TryGetValue(call.Name, out var name) => ToolRenaming.Named(call, name),
                ToolCallFragment { Name: { } fitted } piece when _clients.TryGetValue(fitted, out var name) => new ToolCallFragment
                {
                    Index = piece.Index,
                    CallId = piece.CallId,
                    Name = name,
                    Arguments = piece.Arguments,
                    IsCustom = piece.IsCustom,
                    AdditionalProperties = piece.AdditionalProperties,
                },
                var other => other,
            };
        }
    }

    private static void Add(ref ToolNames? names, string name, ToolNameRule rule)
    {
        if (rule.Fits(name) || names?._fitted.ContainsKey(name) == true)
            return;
        names ??= new ToolNames();
        var fitted = Fitted(name, rule);
        names._fitted.Add(name, fitted);
        names._clients[fitted] = name;
    }

    /// <summary>As much of the name as fits, for readers and the model, and a hash of all of it, so that no two become one.</summary>
    private static string Fitted(string name, ToolNameRule rule)
    {
        var kept = new StringBuilder();
        foreach (var c in name.AsSpan(0, Math.Min(name.Length, rule.MaxLength - HashLength - 1)))
            kept.Append(rule.Takes(c) ? c : '_');
        if (kept.Length == 0 || !rule.Fits(kept.ToString()))
            kept.Insert(0, '_').Length = Math.Min(kept.Length, rule.MaxLength - HashLength - 1);
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
        return kept.Append('_').Append(hash.AsSpan(0, HashLength)).ToString();
    }
}
