using System.Text;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.Ollama;

/// <summary>A message's contents, sorted by the place the wire has for them; content without a place is reported or refused.</summary>
internal sealed class MessageParts
{
    private readonly string _provider;
    private readonly LossReport _losses;
    private readonly MessageText _text;
    private readonly bool _heldOthers;
    private JoinedText _thinking;

    /// <exception cref="CallException">The message holds media the server does not take.</exception>
    public MessageParts(ChatMessage message, string path, string provider, LossReport losses)
    {
        _provider = provider;
        _losses = losses;
        var assistant = message.Role == ChatRole.Assistant;
        _text = new(assistant);
        _heldOthers = message.Contents.Any(content => content is not TextContent);
        CitationLosses.Report(message, losses, path);
        for (var i = 0; i < message.Contents.Count; i++)
            Add(message.Contents[i], assistant, path, message.Contents.Count == 1 ? $"{path}.content" : $"{path}.content[{i}]");
        (Text, Thinking) = (_text.ToString(), _thinking.ToString());
    }

    public string Text { get; }

    public string Thinking { get; }

    public List<DataContent> Images { get; } = [];

    public List<FunctionCallContent> Calls { get; } = [];

    public List<FunctionResultContent> Results { get; } = [];

    /// <summary>True if nothing but results can be written; false for a message of texts alone, even empty ones.</summary>
    public bool SaysNothing => _heldOthers && Text.Length == 0 && Thinking.Length == 0 && Images.Count == 0 && Calls.Count == 0;

    private void Add(AIContent content, bool assistant, string messagePath, string path)
    {
        _text.Add(content);
        switch (content)
        {
            case UsageContent or ToolCallFragment:
                return; // They describe a past answer and are not part of the conversation.
            case FunctionResultContent result:
                Results.Add(result);
                return;
            case FunctionCallContent call when assistant:
                Calls.Add(call);
                return;
            case TextContent:
                break;
            // This format has no signatures, so unsigned thinking may go back; signed thinking belongs to another provider.
            case TextReasoningContent { ProtectedData: null or "" } reasoning when assistant:
                _thinking.Add(reasoning.Text);
                break;
            case TextReasoningContent:
                _losses.Drop(messagePath + ".reasoning");
                return;
            case DataContent data:
                Add(data, path);
                break;
            case UriContent uri:
                throw Refusal(path, uri.HasTopLevelMediaType("image")
                    ? $"{_provider} takes images only inside the request, not by address. Send the image itself, as a data: URL."
                    : $"{_provider} takes nothing by address. Send the content itself, as text or as an image.");
            case HostedFileContent:
                throw Refusal(path, $"{_provider} keeps no files. Send the content itself, as text or as an image.");
            default:
                _losses.Drop(path);
                return;
        }

        KeptFields.ReportUnprefixed(content.AdditionalProperties, UnsupportedOptions.SaysNothing, _losses, path);
        KeptFields.ReportForeign(content.AdditionalProperties, DialectId.Ollama, _losses, path);
    }

    private void Add(DataContent data, string path)
    {
        if (!string.IsNullOrEmpty(data.Name))
            _losses.Drop(path + ".filename");
        if (data.HasTopLevelMediaType("image"))
        {
            Images.Add(data);
            if (data.AdditionalProperties.Text(CanonicalKeys.ImageDetail) is not (null or "auto"))
            {
                _losses.Drop(path + ".detail");
            }
        }
        else if (MediaKinds.IsText(MediaKinds.Registered(data.MediaType)))
        {
            _text.Add(Encoding.UTF8.GetString(data.Data.Span));
        }
        else
        {
            throw Refusal(
                path,
                $"{_provider} takes text and images, not {data.MediaType}. Send the document's text, or choose a provider that reads it.");
        }
    }

    private static CallException Refusal(string path, string message) => new(CallErrorKind.InvalidRequest, message, path);
}
