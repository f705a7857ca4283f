using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Guards;

/// <summary>
/// Walks over the texts of requests and answers in a fixed order, and copies an object when a text in it is replaced: the original may be
/// the caller's and is not changed.
/// </summary>
/// <param name="replace">Returns the replacement of a text; the same object for no change.</param>
/// <param name="collected">Records which texts are neighbouring parts of a message; null if that does not matter.</param>
internal sealed class TextWalk(TextReplacement replace, GuardTexts? collected = null)
{
    // Guards look for no number with fewer digits.
    private const int ShortestNumber = 8;

    private static readonly string[] s_ofReasoning = ["text"];

    /// <summary>Walks over texts attached to others.</summary>
    public SideTexts Beside => new(replace);

    /// <summary>Walks a request; returns the same object if no text is replaced.</summary>
    public CanonicalRequest Walk(CanonicalRequest request) => request switch
    {
        CanonicalChatRequest chat => Walk(chat),
        CanonicalEmbeddingRequest embedding => Walk(embedding),
        CanonicalRerankRequest rerank => Walk(rerank),
        _ => request,
    };

    /// <summary>Walks an answer; returns the same object if no text is replaced.</summary>
    public ChatResponse Walk(ChatResponse answer)
    {
        var messages = Walk(answer.Messages, Walk);
        var kept = Beside.WalkAnswer(answer.AdditionalProperties);
        if (messages is null && ReferenceEquals(kept, answer.AdditionalProperties))
            return answer;
        return new ChatResponse([.. messages ?? answer.Messages])
        {
            ResponseId = answer.ResponseId,
            ConversationId = answer.ConversationId,
            ModelId = answer.ModelId,
            CreatedAt = answer.CreatedAt,
            FinishReason = answer.FinishReason,
            Usage = answer.Usage,
            ContinuationToken = answer.ContinuationToken,
            AdditionalProperties = kept,
        };
    }

    /// <summary>Walks a part of a message; returns the same object if no text is replaced.</summary>
    public AIContent Walk(AIContent content)
    {
        if (content is TextContent text)
            return Walk(text);
        collected?.Break();
        var walked = WalkOther(content);
        collected?.Break();
        return walked;
    }

    private AIContent WalkOther(AIContent content)
    {
        switch (content)
        {
            case TextReasoningContent reasoning:
                return Walk(reasoning);
            case FunctionCallContent call:
                return Walk(call);
            case FunctionResultContent result:
                return Walk(result);
            case DataContent data:
                return Walk(data);
            case UriContent or HostedFileContent:
                return WalkAddress(content);
            case ToolApprovalRequestContent question:
                return ApprovalTexts.Walk(question, this);
            case ToolApprovalResponseContent answer:
                return ApprovalTexts.Walk(answer, this);
            default:
                return content.GetType() == typeof(AIContent) ? WalkWhole(content) : content;
        }
    }

    private TextReasoningContent Walk(TextReasoningContent reasoning)
    {
        var isChanged = Changed(reasoning.Text, out var other);
        // The wire object may have another text beside it: the summary of a reasoning that is there as a whole.
        var beside = new SideTexts(
            (text, isJson) => reasoning.Text.Contains(text, StringComparison.Ordinal) ? text : replace(text, isJson));
        foreach (var (key, value) in reasoning.AdditionalProperties ?? [])
            isChanged |= WholeContent.IsWhole(key) && value is JsonElement whole && beside.TryReplace(whole, s_ofReasoning, out _);
        // The signature covers the original text only, so it is dropped.
        return isChanged
            ? new TextReasoningContent(other) { AdditionalProperties = WholeContent.Without(reasoning.AdditionalProperties) }
            : reasoning;
    }

    private CanonicalChatRequest Walk(CanonicalChatRequest chat)
    {
        var options = new OptionTexts(this).Walk(chat.Options);
        var messages = Walk(chat.Messages, Walk);
        return messages is null && ReferenceEquals(options, chat.Options)
            ? chat
            : new CanonicalChatRequest(messages ?? chat.Messages, options, chat.Operation) { Stream = chat.Stream, Raw = chat.Raw };
    }

    private CanonicalEmbeddingRequest Walk(CanonicalEmbeddingRequest embedding)
    {
        var changed = false;
        var inputs = embedding.Inputs.Select(input =>
        {
            // Of the object in which an input came, its format sends the title as well.
            var isText = Changed(input.Text ?? "", out var text);
            var title = default(JsonElement);
            var isTitle = input.Wire is { } wire && Beside.TryReplaceTitle(wire, out title);
            changed |= isText || isTitle;
            return !isText && !isTitle ? input : new EmbeddingInput(isText ? text : input.Text, input.Tokens)
            {
                Wire = isTitle ? title : input.Wire,
            };
        }).ToList();
        var options = embedding.Options;
        var kept = new OptionTexts(this).Walk(options.AdditionalProperties);
        if (!ReferenceEquals(kept, options.AdditionalProperties))
        {
            options = options.Clone();
            options.AdditionalProperties = kept;
            changed = true;
        }

        return changed
            ? new CanonicalEmbeddingRequest(inputs, options) { Base64 = embedding.Base64, Raw = embedding.Raw }
            : embedding;
    }

    private CanonicalRerankRequest Walk(CanonicalRerankRequest rerank)
    {
        var changed = Changed(rerank.Query, out var query);
        var documents = rerank.Documents.Select(document => Walk(document, ref changed)).ToList();
        var kept = new OptionTexts(this).Walk(rerank.AdditionalProperties);
        changed |= !ReferenceEquals(kept, rerank.AdditionalProperties);
        return changed
            ? new CanonicalRerankRequest(query, documents)
            {
                TopN = rerank.TopN,
                ReadsList = rerank.ReadsList,
                ReturnDocuments = rerank.ReturnDocuments,
                AdditionalProperties = kept,
            }
            : rerank;
    }

    /// <summary>Walks a document. All members of an object are sent, so all of them are walked, except for an image.</summary>
    private RerankDocument Walk(RerankDocument document, ref bool changed)
    {
        if (document.Wire is not { ValueKind: JsonValueKind.Object } wire)
        {
            if (!Changed(document.Text, out var other))
                return document;
            changed = true;
            return new RerankDocument(other);
        }

        var isChanged = false;
        var members = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var member in wire.EnumerateObject())
        {
            object? value = member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString() : member.Value;
            var walked = value is string text && text.StartsWith("data:", StringComparison.OrdinalIgnoreCase) ? value : WalkValue(value);
            isChanged |= !ReferenceEquals(walked, value);
            members[member.Name] = walked;
        }

        if (!isChanged)
            return document;
        changed = true;
        var written = Parsed(WireJson.ToJson(members));
        return new RerankDocument(written.Text("text") ?? written.GetRawText()) { Wire = written };
    }

    private ChatMessage Walk(ChatMessage message)
    {
        collected?.Enter(message.Role);
        var contents = Walk((IReadOnlyList<AIContent>)[.. message.Contents], Walk);
        var kept = Beside.WalkKept(message.AdditionalProperties, isFile: false);
        var isNameChanged = Changed(message.AuthorName ?? "", out var name);
        if (contents is null && !isNameChanged && ReferenceEquals(kept, message.AdditionalProperties))
            return message;
        var copy = message.Clone();
        if (isNameChanged)
            copy.AuthorName = name;
        copy.AdditionalProperties = kept;
        // A client in this process may send it instead of the contents.
        copy.RawRepresentation = null;
        if (contents is null)
            return copy;
        copy.Contents = [.. contents];
        if (kept?.ContainsKey(CanonicalKeys.LogProbs) != true)
            return copy;
        // They spell the original text, token by token.
        copy.AdditionalProperties = kept.Clone();
        copy.AdditionalProperties.Remove(CanonicalKeys.LogProbs);
        return copy;
    }

    private FunctionCallContent Walk(FunctionCallContent call)
    {
        // The arguments as they were written, where the provider's format keeps them. Replacements apply to both, because either of the two
        // may be sent.
        var (properties, from, isCustom) = (call.AdditionalProperties, call.Arguments, CustomTools.IsCustom(call));
        if (properties?.GetValueOrDefault(CanonicalKeys.RawArguments) is string raw && Changed(raw, out var text, isJson: !isCustom))
        {
            properties = properties.Clone();
            properties[CanonicalKeys.RawArguments] = text;
            if (from is not null && !isCustom)
                from = ToolArguments.ToCall(call.CallId, call.Name, text).Arguments ?? from;
        }

        var arguments = ReferenceEquals(from, call.Arguments) ? null : from;
        foreach (var (name, value) in from ?? new Dictionary<string, object?>())
        {
            var other = WalkValue(value);
            if (ReferenceEquals(other, value))
                continue;
            if (arguments is null || ReferenceEquals(arguments, from))
                arguments = new Dictionary<string, object?>(from!);
            arguments[name] = other;
        }

        return arguments is null && ReferenceEquals(properties, call.AdditionalProperties)
            ? call
            : new FunctionCallContent(call.CallId, call.Name, arguments ?? call.Arguments)
            {
                InformationalOnly = call.InformationalOnly,
                AdditionalProperties = WholeContent.Without(properties),
            };
    }

    private FunctionResultContent Walk(FunctionResultContent result)
    {
        var value = WalkValue(result.Result);
        return ReferenceEquals(value, result.Result)
            ? result
            : new FunctionResultContent(result.CallId, value)
            {
                Exception = result.Exception,
                AdditionalProperties = WholeContent.Without(result.AdditionalProperties),
            };
    }

    private TextContent Walk(TextContent text)
    {
        if (text.Text.Length > 0)
            collected?.NextIsPart();
        var isChanged = Changed(text.Text, out var other);
        var annotations = Beside.WalkCitations(text.Annotations);
        var kept = Beside.WalkKept(text.AdditionalProperties, isFile: false);
        if (!isChanged && ReferenceEquals(annotations, text.Annotations) && ReferenceEquals(kept, text.AdditionalProperties))
            return text;
        return new TextContent(other)
        {
            Annotations = annotations,
            AdditionalProperties = isChanged ? WholeContent.OfChanged(kept) : WholeContent.Without(kept),
        };
    }

    private DataContent Walk(DataContent file)
    {
        var text = WholeContent.IsText(file) ? Encoding.UTF8.GetString(file.Data.Span) : "";
        var isChanged = Changed(text, out var other, isJson: file.MediaType == WholeContent.Json);
        var isNameChanged = Changed(file.Name ?? "", out var name);
        var kept = Beside.WalkKept(file.AdditionalProperties, isFile: true);
        var isKept = ReferenceEquals(kept, file.AdditionalProperties);
        if (!isChanged && !isNameChanged && isKept)
            return file;
        return new DataContent(isChanged ? Encoding.UTF8.GetBytes(other) : file.Data, file.MediaType)
        {
            Name = isNameChanged ? name : file.Name,
            // The wire object is kept if the title in it was replaced as well.
            AdditionalProperties = isChanged || isKept ? WholeContent.Without(kept) : kept,
        };
    }

    /// <summary>Walks a file given by its address.</summary>
    private AIContent WalkAddress(AIContent file)
    {
        var kept = Beside.WalkKept(file.AdditionalProperties, isFile: true);
        return ReferenceEquals(kept, file.AdditionalProperties) ? file : file switch
        {
            UriContent address => new UriContent(address.Uri, address.MediaType) { AdditionalProperties = kept },
            HostedFileContent hosted => new HostedFileContent(hosted.FileId)
            {
                MediaType = hosted.MediaType,
                Name = hosted.Name,
                AdditionalProperties = kept,
            },
            _ => file,
        };
    }

    /// <summary>Walks content without a canonical class, which is sent unchanged, and its citations.</summary>
    private AIContent WalkWhole(AIContent content)
    {
        AdditionalPropertiesDictionary? changed = null;
        foreach (var (key, value) in content.AdditionalProperties ?? [])
        {
            if (WholeContent.IsWhole(key) && WalkValue(value) is var other && !ReferenceEquals(other, value))
                (changed ??= content.AdditionalProperties!.Clone())[key] = other;
        }

        var annotations = Beside.WalkCitations(content.Annotations);
        return changed is null && ReferenceEquals(annotations, content.Annotations)
            ? content
            : new AIContent { Annotations = annotations, AdditionalProperties = changed ?? content.AdditionalProperties };
    }

    /// <summary>
    /// Walks a value: a text, parts of a message, or anything that has a JSON form; returns the same object for no change.
    /// </summary>
    public object? WalkValue(object? value)
    {
        switch (value)
        {
            case null or JsonElement { ValueKind: JsonValueKind.Undefined }:
                return value;
            case string text:
                return Changed(text, out var other) ? other : value;
            case AIContent content:
                return Walk(content);
            case IEnumerable<AIContent> contents:
                return (object?)Walk(contents, Walk) ?? value;
            default:
                return WrittenOf(value) is { } json && !IsShort(json) && Changed(json, out var changed, isJson: true)
                    ? Parsed(changed)
                    : value;
        }
    }

    private static bool IsShort(string json) => json.Length < ShortestNumber && json[0] is not ('{' or '[' or '"');

    /// <summary>A value as JSON; null if it cannot be serialised: only a client in this process can receive it.</summary>
    private static string? WrittenOf(object? value)
    {
        if (value is JsonElement element)
            return element.GetRawText();
        try
        {
            return WireJson.ToJson(value);
        }
        catch (CallException)
        {
            return null;
        }
    }

    private static JsonElement Parsed(string json)
    {
        if (WireJson.TryParse(Encoding.UTF8.GetBytes(json), out var element, out _))
            return element;
        // A match may span more than one value; the rest is then sent as a JSON string.
        return JsonElement.Parse(WireJson.Quote(json));
    }

    private static List<T>? Walk<T>(IEnumerable<T> items, Func<T, T> walk)
        where T : class
    {
        List<T>? changed = null;
        var all = items as IReadOnlyList<T> ?? [.. items];
        for (var i = 0; i < all.Count; i++)
        {
            var other = walk(all[i]);
            if (changed is null && !ReferenceEquals(other, all[i]))
                changed = [.. all.Take(i)];
            changed?.Add(other);
        }

        return changed;
    }

    private bool Changed(string text, out string other, bool isJson = false)
    {
        other = text.Length == 0 ? text : replace(text, isJson);
        return !ReferenceEquals(other, text);
    }
}

/// <summary>Returns the replacement of a text; the same object for no change.</summary>
/// <param name="text">The text, which is not empty.</param>
/// <param name="isJson">Whether the text is JSON.</param>
internal delegate string TextReplacement(string text, bool isJson);
