using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.Cohere;

/// <summary>Writes a message's content: a text or, for a user, parts of text and images; an image may be a web address.</summary>
internal sealed class ContentEncoder(Utf8JsonWriter writer, string provider, LossReport losses)
{
    /// <summary>The writable parts of a user's message: text that is not blank, and media. The others are reported.</summary>
    public List<TurnContent> Writable(List<TurnContent> body) => body.FindAll(part =>
    {
        if (part.Content is TextContent or DataContent or UriContent or HostedFileContent)
            return !Conversation.IsBlank(part.Content);
        losses.Drop(part.Path);
        return false;
    });

    /// <summary>Writes the member <c>content</c> of a user's message.</summary>
    /// <exception cref="CallException">A part is of a kind the API does not take.</exception>
    public void Write(List<TurnContent> body)
    {
        if (body is [{ Content: TextContent only }])
        {
            Report(body[0]);
            writer.WriteString("content"u8, only.Text);
            return;
        }

        writer.WriteStartArray("content"u8);
        foreach (var part in body)
            WritePart(part);
        writer.WriteEndArray();
    }

    /// <summary>The text of a message whose role takes text only; other content is reported.</summary>
    public string TextOf(ChatMessage message, List<TurnContent> body)
    {
        foreach (var part in body)
        {
            if (part.Content is TextContent)
                Report(part);
            else
                losses.Drop(part.Path);
        }

        return MessageText.Of(message);
    }

    private void WritePart(TurnContent part)
    {
        switch (part.Content)
        {
            case TextContent text:
                WriteText(text.Text);
                break;
            case DataContent data when data.HasTopLevelMediaType("image"):
                WriteImage(data, data.Uri);
                ReportName(data, part.Path);
                break;
            case UriContent uri when uri.HasTopLevelMediaType("image"):
                WriteImage(uri, uri.Uri.OriginalString);
                break;
            case DataContent data when MediaKinds.IsText(MediaKinds.Registered(data.MediaType)):
                WriteText(Encoding.UTF8.GetString(data.Data.Span));
                ReportName(data, part.Path);
                break;
            case DataContent data:
                throw Refusal(
                    part,
                    $"{provider} takes text and images, not {data.MediaType}. "
                        + "Send the document's text, or choose a provider that reads it.");
            default:
                throw Refusal(
                    part, $"{provider} takes only images by address and keeps no files. Send the content itself, as text or as an image.");
        }

        Report(part);
    }

    private void WriteText(string text)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "text"u8);
        writer.WriteString("text"u8, text);
        writer.WriteEndObject();
    }

    private void WriteImage(AIContent content, string url)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "image_url"u8);
        writer.WriteStartObject("image_url"u8);
        writer.WriteString("url"u8, url);
        if (content.AdditionalProperties.Text(CanonicalKeys.ImageDetail) is { } level)
            writer.WriteString("detail"u8, level);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private void ReportName(DataContent data, string path)
    {
        if (!string.IsNullOrEmpty(data.Name))
            losses.Drop(path + ".filename");
    }

    private void Report(TurnContent part)
    {
        KeptFields.ReportUnprefixed(part.Content.AdditionalProperties, UnsupportedOptions.SaysNothing, losses, part.Path);
        KeptFields.ReportForeign(part.Content.AdditionalProperties, DialectId.Cohere, losses, part.Path);
    }

    private static CallException Refusal(TurnContent part, string message) => new(CallErrorKind.InvalidRequest, message, part.Path);
}
