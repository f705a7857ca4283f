using System.Diagnostics.CodeAnalysis;
using Switchyard.Client;
using Switchyard.Client.Media;
using Switchyard.Engine;

namespace Microsoft.Extensions.AI;

/// <summary>Clients of one provider for images and audio.</summary>
[Experimental("MEAI001")]
public static class SwitchyardMediaExtensions
{
    /// <summary>An image generator that calls one provider, for every model name.</summary>
    /// <inheritdoc cref="SwitchyardEngineExtensions.GetChatClient"/>
    public static IImageGenerator GetImageGenerator(this SwitchyardEngine engine, string provider, string? model = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        return new SwitchyardImageGenerator(engine, provider, ModelChoice.DefaultOf(provider, model));
    }

    /// <summary>A client for transcripts that calls one provider, for every model name.</summary>
    /// <inheritdoc cref="SwitchyardEngineExtensions.GetChatClient"/>
    public static ISpeechToTextClient GetSpeechToTextClient(this SwitchyardEngine engine, string provider, string? model = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        return new SwitchyardSpeechToTextClient(engine, provider, ModelChoice.DefaultOf(provider, model));
    }

    /// <summary>A client for speech that calls one provider, for every model name.</summary>
    /// <inheritdoc cref="SwitchyardEngineExtensions.GetChatClient"/>
    public static ITextToSpeechClient GetTextToSpeechClient(this SwitchyardEngine engine, string provider, string? model = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        return new SwitchyardTextToSpeechClient(engine, provider, ModelChoice.DefaultOf(provider, model));
    }
}
