using System.Text;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Common;

namespace Switchyard.Egress.Fitting;

/// <summary>
/// Corrects the media type of each file of a request if it is generic (<c>application/octet-stream</c>), wrong or not the registered name:
/// encoders choose by the type how a file is written, and providers by the type how it is read. A document that is text becomes text for
/// OpenAI's chat, which takes PDF alone.
/// </summary>
internal static class MediaFitting
{
    /// <summary>The request with the files' actual media types; the same one if they are correct already.</summary>
    public static CanonicalChatRequest Fit(CanonicalChatRequest request, DialectId dialect)
    {
        var asText = dialect == DialectId.OpenAIChat;
        ChatMessage[]? fitted = null;
        for (var i = 0; i < request.Messages.Count; i++)
        {
            if (Fit(request.Messages[i].Contents, asText) is not { } contents)
                continue;
            fitted ??= [.. request.Messages];
            fitted[i] = request.Messages[i].Clone();
            fitted[i].Contents = contents;
        }

        return fitted is null ? request : request.With(fitted);
    }

    /// <summary>The contents with such types; null if nothing changes.</summary>
    private static List<AIContent>? Fit(IEnumerable<AIContent> contents, bool asText)
    {
        List<AIContent>? fitted = null;
        var i = 0;
        foreach (var content in contents)
        {
            if (Fit(content, asText) is { } changed)
                (fitted ??= [.. contents])[i] = changed;
            i++;
        }

        return fitted;
    }

    private static AIContent? Fit(AIContent content, bool asText) => content switch
    {
        DataContent data when asText && IsText(data) => new TextContent(
            string.IsNullOrWhiteSpace(data.Name) ? Encoding.UTF8.GetString(data.Data.Span)
                : $"{data.Name}:\n{Encoding.UTF8.GetString(data.Data.Span)}")
        {
            AdditionalProperties = data.AdditionalProperties,
        },
        DataContent data when TypeOf(data) is { } type => new DataContent(data.Data, type)
        {
            Name = data.Name,
            Annotations = data.Annotations,
            AdditionalProperties = data.AdditionalProperties,
            RawRepresentation = data.RawRepresentation,
        },
        UriContent file when MediaKinds.IsGeneric(MediaKinds.Registered(file.MediaType)) && !file.HasTopLevelMediaType("image")
            && file.Uri.IsAbsoluteUri && MediaKinds.OfName(file.Uri.AbsolutePath) is { } type => new UriContent(file.Uri, type)
            {
                Annotations = file.Annotations,
                AdditionalProperties = file.AdditionalProperties,
                RawRepresentation = file.RawRepresentation,
            },
        FunctionResultContent { Result: AIContent one } result when Fit(one, asText) is { } changed => With(result, changed),
        FunctionResultContent { Result: IEnumerable<AIContent> parts } result when Fit(parts, asText) is { } changed =>
            With(result, changed),
        _ => null,
    };

    private static FunctionResultContent With(FunctionResultContent result, object changed) => new(result.CallId, changed)
    {
        Exception = result.Exception,
        Annotations = result.Annotations,
        AdditionalProperties = result.AdditionalProperties,
        RawRepresentation = result.RawRepresentation,
    };

    private static bool IsText(DataContent data)
    {
        var type = MediaKinds.Registered(data.MediaType);
        if (MediaKinds.IsGeneric(type))
            type = MediaKinds.OfName(data.Name) ?? type;
        return MediaKinds.IsText(type);
    }

    /// <summary>The better type; null if the file's own is correct, or nothing shows a better one.</summary>
    private static string? TypeOf(DataContent data)
    {
        var declared = MediaKinds.Registered(data.MediaType);
        // The parameters of audio samples hold the sample rate, those of a text its encoding.
        if (declared is "audio/l16" or "audio/pcm" || declared.StartsWith("text/", StringComparison.Ordinal))
            return null;
        var type = MediaKinds.OfContent(declared, data.Data.Span);
        if (MediaKinds.IsGeneric(type))
            type = MediaKinds.OfName(data.Name);
        return type is null || type == data.MediaType ? null : type;
    }
}
