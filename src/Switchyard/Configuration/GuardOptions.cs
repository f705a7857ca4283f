using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>A guard: its findings in requests and answers, and its action on them.</summary>
public sealed class GuardOptions
{
    /// <summary>
    /// Its kind: <c>mask</c> replaces secrets and personal data, <c>block</c> refuses words and patterns, <c>check</c> calls a service
    /// over HTTP, <c>plugin</c> is a guard of a plugin with this name.
    /// </summary>
    [ConfigurationKeyName("type"), KnownValues("mask", "block", "check", "plugin")]
    public string Type { get; set; } = "";

    /// <summary>Whether it acts (<c>enforce</c>), or only reports what it would have done (<c>report</c>).</summary>
    /// <value>The default is <c>enforce</c>.</value>
    [ConfigurationKeyName("mode"), KnownValues("enforce", "report")]
    public string Mode { get; set; } = "enforce";

    /// <summary>The texts it checks: <c>request</c>, <c>answer</c>; empty, the default, checks both.</summary>
    [ConfigurationKeyName("on"), KnownValues("request", "answer")]
    public List<string> On { get; set; } = [];

    /// <summary>
    /// The data that <c>mask</c> finds: <c>secrets</c>, <c>email</c>, <c>phone</c>, <c>card</c>, <c>iban</c>. Empty, the default, finds all
    /// of them, or none if <c>patterns</c> are set.
    /// </summary>
    [ConfigurationKeyName("find"), KnownValues("secrets", "email", "phone", "card", "iban")]
    public List<string> Find { get; set; } = [];

    /// <summary>Regular expressions by the name that reports their matches; their time is proportional to the text.</summary>
    [ConfigurationKeyName("patterns")]
    public Dictionary<string, string> Patterns { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Words that <c>block</c> refuses, in any case, as whole words.</summary>
    [ConfigurationKeyName("words")]
    public List<string> Words { get; set; } = [];

    /// <summary>Whether <c>mask</c> restores the replaced parts of a request in its answer.</summary>
    /// <value>The default is false.</value>
    [ConfigurationKeyName("restore")]
    public bool Restore { get; set; }

    /// <summary>The status of a refusal, 400 or 403.</summary>
    /// <value>The default is 403.</value>
    [ConfigurationKeyName("status")]
    public int Status { get; set; } = 403;

    /// <summary>
    /// How many characters of a stream <c>block</c> holds back, so that a match of a pattern up to that length is found before it is sent.
    /// </summary>
    /// <value>The default is 40.</value>
    [ConfigurationKeyName("window")]
    public int Window { get; set; } = 40;

    /// <summary>The URL that <c>check</c> calls.</summary>
    [ConfigurationKeyName("url")]
    public string? Url { get; set; }

    /// <summary>The key that <c>check</c> sends as <c>Authorization: Bearer</c>; null sends none.</summary>
    [ConfigurationKeyName("key"), Secret]
    public string? Key { get; set; }

    /// <summary>How long <c>check</c> waits for its answer.</summary>
    /// <value>The default is 2 seconds.</value>
    [ConfigurationKeyName("timeout")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// The handling of a call if <c>check</c> gets no usable answer: <c>closed</c> refuses it, <c>open</c> lets it through.
    /// </summary>
    /// <value>The default is <c>closed</c>.</value>
    [ConfigurationKeyName("on_failure"), KnownValues("open", "closed")]
    public string OnFailure { get; set; } = "closed";

    /// <summary>The aliases or <c>provider/model</c> names, as calls name them, that it checks; empty, the default, is all.</summary>
    [ConfigurationKeyName("models")]
    public List<string> Models { get; set; } = [];

    /// <summary>The client keys whose calls it checks; empty, the default, checks all.</summary>
    [ConfigurationKeyName("keys")]
    public List<string> Keys { get; set; } = [];

    /// <summary>The tenants whose calls it checks, those below them included; empty, the default, checks all.</summary>
    [ConfigurationKeyName("tenants")]
    public List<string> Tenants { get; set; } = [];
}
