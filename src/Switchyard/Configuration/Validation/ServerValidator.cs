using Switchyard.Configuration.Binding;
using static Switchyard.Configuration.ConfigurationKeys;
using static Switchyard.Configuration.ValidationFinding;

namespace Switchyard.Configuration.Validation;

/// <summary>The server's addresses can be parsed, its limits are in range, and no client key is empty.</summary>
internal sealed class ServerValidator : IConfigurationValidator
{
    private const long SmallestBody = 1L << 10;
    private const long LargestBody = 1L << 30;
    private static readonly TimeSpan LongestGrace = TimeSpan.FromHours(1);

    public IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known)
    {
        var server = options.Server;
        if (server.MaxBodyBytes is < SmallestBody or > LargestBody)
        {
            yield return new(
                Combine("server", "max_body"),
                $"max_body must be between {SizeText.Format(SmallestBody)} and {SizeText.Format(LargestBody)}");
        }

        if (server.ShutdownGrace > LongestGrace)
            yield return new(Combine("server", "shutdown_grace"), $"shutdown_grace must be at most {DurationText.Format(LongestGrace)}");
        for (var index = 0; index < server.Keys.Count; index++)
        {
            if (string.IsNullOrWhiteSpace(server.Keys[index]))
                yield return new(Combine("server", "keys", $"{index}"), "a client key is empty");
        }

        if (server.Urls.Trim(' ', ';').Length == 0)
            yield return new(Combine("server", "urls"), "urls names no address to listen on, for example http://127.0.0.1:8080");
        foreach (var address in ListenAddressPolicy.FindMalformed(server.Urls))
        {
            yield return new(
                Combine("server", "urls"),
                $"'{ValuePlaceholder}' is no address to listen on; write http://host:port, http://*:port or http://unix:/path")
            {
                Value = address,
            };
        }
    }
}
