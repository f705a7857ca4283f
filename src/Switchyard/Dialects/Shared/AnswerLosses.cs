using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.Shared;

/// <summary>
/// Names what the client's format cannot hold of one answer: <c>answer.content[1] (image/png)</c>. An encoder passes it every content in
/// order and whether it writes it. Usage is not a loss, nor is unreadable content: empty pieces, signatures, encrypted reasoning.
/// </summary>
/// <param name="context">Its report takes the names. If its headers are sent already, the request's losses are named here too.</param>
/// <param name="own">The client's format.</param>
internal sealed class AnswerLosses(AnswerContext context, DialectId own)
{
    /// <summary>The most names of one answer: they go into a header, and an answer may hold thousands of things.</summary>
    private const int Most = 50;

    private const int LongestKind = 60;

    /// <summary>
    /// The members beside the text that have a meaning to a reader. The other members are ids, fingerprints, ratings and counts.
    /// </summary>
    private static readonly HashSet<string> Telling = new(StringComparer.OrdinalIgnoreCase)
    {
        "audio", "citations", "search_results", "related_questions", "executed_tools", "groundingMetadata", "citationMetadata",
        "urlContextMetadata",
    };

    private List<string>? _names = context.HeadersAreSent && !context.Losses.IsEmpty
        ? [.. context.Losses.Fields.Take(Most).Select(Clean)]
        : null;

    private AnswerPositions _first;
    private Dictionary<int, AnswerPositions>? _others;

    /// <summary>The names so far, as one line of printable characters; null if nothing was lost.</summary>
    public string? Line => _names is null ? null : string.Join(", ", _names);

    /// <summary>Takes the next content of a choice.</summary>
    /// <param name="content">The content.</param>
    /// <param name="isHeld">Whether the format has a place for it.</param>
    /// <param name="holdsCitation">Whether the format has a place for one of its citations; null if it has none for any.</param>
    /// <param name="choice">The choice, from 0.</param>
    /// <returns>What to write: the content, the transcript of a recording that is not held, or null.</returns>
    public AIContent? Take(AIContent content, bool isHeld, Func<AIContent, CitationAnnotation, bool>? holdsCitation, int choice = 0)
    {
        var at = At(choice).Next(content);
        foreach (var annotation in content.Annotations ?? [])
        {
            if (annotation is not CitationAnnotation citation || holdsCitation?.Invoke(content, citation) != true)
                Name($"{Path(choice, at)}.annotations");
        }

        if (isHeld)
            return content;
        if (!SaysNothing(content))
            Name($"{Path(choice, at)} ({KindOf(content)})");
        return SpokenText.Of(content) is { } said ? new TextContent(said) : null;
    }

    /// <summary>Takes a whole answer for a format that has one choice: names the others.</summary>
    /// <returns>The contents to write.</returns>
    public List<AIContent> TakeOneChoice(
        ChatResponse response, Func<AIContent, bool> holds, Func<AIContent, CitationAnnotation, bool>? holdsCitation, bool holdsLogProbs)
    {
        var held = new List<AIContent>();
        Members(response.AdditionalProperties, isCited: false);
        foreach (var message in response.Messages)
        {
            if (LeavesOut(message.AdditionalProperties))
                continue;
            foreach (var content in message.Contents)
            {
                if (Take(content, holds(content), holdsCitation) is { } written)
                    held.Add(written);
            }

            TakeMembers(message.AdditionalProperties, holdsCitation is not null && held.Exists(IsCited), holdsLogProbs);
        }

        return held;
    }

    /// <summary>For a format that has one choice: names the choice a message or an update belongs to, if it is not the first.</summary>
    /// <returns>True if it is not the first.</returns>
    public bool LeavesOut(AdditionalPropertiesDictionary? kept)
    {
        if (ChoiceOf(kept) is not (> 0 and var choice))
            return false;
        Name(string.Create(CultureInfo.InvariantCulture, $"answer.choices[{choice}]"));
        return true;
    }

    /// <summary>
    /// Names the members beside the content, and the log probabilities where the format has no place for them. Only OpenAI's chat format
    /// has a place for those of a refusal.
    /// </summary>
    public void TakeMembers(AdditionalPropertiesDictionary? kept, bool isCited, bool holdsLogProbs)
    {
        Members(kept, isCited);
        if (kept is null || !kept.TryGetValue(CanonicalKeys.LogProbs, out var value) || value is not JsonElement logProbs)
            return;
        if (!holdsLogProbs)
            Name("answer." + CanonicalKeys.LogProbs);
        else if (own != DialectId.OpenAIChat && logProbs.Member("refusal") is { } refusal && HoldsSomething(refusal))
            Name($"answer.{CanonicalKeys.LogProbs}.refusal");
    }

    /// <summary>The choice a message or an update belongs to.</summary>
    public static int ChoiceOf(AdditionalPropertiesDictionary? kept) =>
        kept.Number(CanonicalKeys.ChoiceIndex) ?? 0;

    /// <summary>Whether the content has citations.</summary>
    public static bool IsCited(AIContent content) => content.Annotations is { Count: > 0 };

    /// <summary>Names the members of other formats that were kept beside the content and that have a meaning to a reader.</summary>
    /// <param name="kept">What was kept on the answer, on a message or on an update.</param>
    /// <param name="isCited">Whether its citations are on the text as well.</param>
    public void Members(AdditionalPropertiesDictionary? kept, bool isCited)
    {
        if (kept is null)
            return;
        foreach (var (key, value) in kept)
        {
            if (value is JsonElement element && NameOf(key) is { } name && Telling.Contains(name) && !(isCited && IsCitation(name))
                && HoldsSomething(element))
            {
                Name("answer." + name);
            }
        }
    }

    /// <summary>Writes the names as a comment of server-sent events, which clients skip.</summary>
    public void WriteComment(IBufferWriter<byte> output)
    {
        if (Line is { } line)
            output.Write(Encoding.ASCII.GetBytes($": {AnswerFacts.Dropped}: {line}\n\n"));
    }

    private static bool IsCitation(string name) => name is "groundingMetadata" or "citationMetadata" or "citations";

    /// <summary>The member's name in the key of another format's member; null for one of the client's own.</summary>
    private string? NameOf(string key)
    {
        foreach (var prefix in (ReadOnlySpan<string>)[CanonicalKeys.ChoicePrefix, CanonicalKeys.DeltaPrefix])
        {
            if (key.StartsWith(prefix, StringComparison.Ordinal))
                return own == DialectId.OpenAIChat ? null : key[prefix.Length..];
        }

        if (KeptFields.IsPrefixed(key))
            return KeptFields.ForeignName(key, own);
        return own == DialectId.OpenAIChat ? null : key;
    }

    private static bool HoldsSomething(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => value.GetArrayLength() > 0,
        JsonValueKind.Object => value.EnumerateObject().Any(),
        JsonValueKind.String => value.GetString()!.Length > 0,
        JsonValueKind.True or JsonValueKind.Number => true,
        _ => false,
    };

    private static bool SaysNothing(AIContent content) => content switch
    {
        UsageContent or ToolCallFragment => true, // The whole call follows its fragments.
        TextContent text => text.Text.Length == 0,
        TextReasoningContent reasoning => reasoning.Text.Length == 0,
        DataContent data => data.Data.IsEmpty,
        _ => false,
    };

    private static string KindOf(AIContent content) => Clean(content switch
    {
        TextReasoningContent => "reasoning",
        TextContent text when text.AdditionalProperties?.ContainsKey(CanonicalKeys.Refusal) == true => "refusal",
        TextContent => "text",
        FunctionCallContent call => "call of " + call.Name,
        FunctionResultContent => "tool result",
        DataContent data => data.MediaType,
        UriContent uri => uri.MediaType,
        HostedFileContent file => file.MediaType ?? "file",
        _ => KeptKind(content) ?? content.GetType().Name,
    });

    /// <summary>The kind of an object kept whole: its type or, in formats without types, the name of its first member.</summary>
    private static string? KeptKind(AIContent content)
    {
        foreach (var (key, value) in content.AdditionalProperties ?? [])
        {
            if (!key.StartsWith(CanonicalKeys.RawPrefix, StringComparison.Ordinal)
                || value is not JsonElement { ValueKind: JsonValueKind.Object } raw)
            {
                continue;
            }

            if (raw.Text("type") is { Length: > 0 } type)
                return type;
            foreach (var member in raw.EnumerateObject())
                return member.Name;
        }

        return null;
    }

    private static string Clean(string kind)
    {
        if (kind.Length > LongestKind)
            kind = kind[..LongestKind];
        return kind.AsSpan().ContainsAnyExceptInRange(' ', '~') ? string.Concat(kind.Select(c => c is >= ' ' and <= '~' ? c : '?')) : kind;
    }

    private static string Path(int choice, int at) => choice == 0
        ? string.Create(CultureInfo.InvariantCulture, $"answer.content[{at}]")
        : string.Create(CultureInfo.InvariantCulture, $"answer.choices[{choice}].content[{at}]");

    private ref AnswerPositions At(int choice)
    {
        if (choice == 0)
            return ref _first;
        _others ??= [];
        return ref CollectionsMarshal.GetValueRefOrAddDefault(_others, choice, out _);
    }

    private void Name(string name)
    {
        _names ??= [];
        if (_names.Count > Most || _names.Contains(name))
            return;
        if (_names.Count == Most)
            name = "answer (and more)";
        _names.Add(name);
        context.Losses.Drop(name);
    }
}
