using static Switchyard.Configuration.ConfigurationKeys;
using static Switchyard.Configuration.ValidationFinding;

namespace Switchyard.Configuration.Validation;

/// <summary>The admin key is one that cannot be guessed and no client has; the admin addresses can be listened on.</summary>
internal sealed class AdminValidator : IConfigurationValidator
{
    /// <summary>The shortest admin key, in characters.</summary>
    public const int ShortestKey = 16;

    public IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known)
    {
        var admin = options.Admin;
        if (admin.Key is { } key)
        {
            if (SecretReference.TryRead(key, out _))
            {
                // Checked again when the store has told it.
            }
            else if (key.Trim().Length < ShortestKey)
            {
                yield return new(
                    Combine("admin", "key"),
                    $"the admin key must have at least {ShortestKey} characters; 'openssl rand -hex 32' makes one");
            }
            else if (options.Server.Keys.Concat(options.Keys.Values.Select(own => own.Key)).Any(own => own?.Trim() == key.Trim()))
            {
                yield return new(
                    Combine("admin", "key"), "the admin key is also a client's key; whoever calls could then change everything");
            }
        }

        if (admin.Urls is not { } urls)
            yield break;
        if (admin.Key is null)
            yield return new(Combine("admin", "urls"), "nothing would answer there: the admin API needs admin.key");
        if (urls.Trim(' ', ';').Length == 0)
            yield return new(Combine("admin", "urls"), "urls names no address; leave it out to answer where calls are taken");
        var taken = ListenAddressPolicy.Split($"{options.Server.Urls};{options.Server.H2cUrls}").Select(ListenAddressPolicy.EndOf).ToList();
        foreach (var address in ListenAddressPolicy.Split(urls).Where(url => taken.Contains(ListenAddressPolicy.EndOf(url) ?? "")))
        {
            yield return new(
                Combine("admin", "urls"), $"'{ValuePlaceholder}' has the port of an address where calls are taken; give it its own")
            {
                Value = address,
            };
        }

        foreach (var address in ListenAddressPolicy.FindMalformed(urls).Concat(ListenAddressPolicy.FindWithPath(urls)))
        {
            yield return new(
                Combine("admin", "urls"), $"'{ValuePlaceholder}' is no address to listen on; write it as http://127.0.0.1:8081")
            {
                Value = address,
            };
        }
    }
}
