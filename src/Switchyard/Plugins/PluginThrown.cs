using Switchyard.Calls;
using Switchyard.Providers;

namespace Switchyard.Plugins;

/// <summary>
/// Converts an exception of a plugin's provider to one of the host's types, without the plugin's stack trace. The original would keep the
/// plugin's code in memory as long as a log, a record or a health report holds it.
/// </summary>
internal static class PluginThrown
{
    public static Exception Copy(Exception thrown, LoadedPlugin plugin, CancellationToken cancellation) => thrown switch
    {
        CallException known => new CallException(known.Error with { Cause = null }),
        OperationCanceledException when cancellation.IsCancellationRequested => new OperationCanceledException(cancellation),
        OperationCanceledException => new OperationCanceledException(thrown.Message),
        TimeoutException => new TimeoutException(thrown.Message),
        HttpRequestException http => new HttpRequestException(http.HttpRequestError, http.Message, null, http.StatusCode),
        ProviderException => new ProviderException(thrown.Message),
        _ => new ProviderException($"{thrown.GetType().Name} in plugin '{plugin.Id}': {thrown.Message}"),
    };
}
