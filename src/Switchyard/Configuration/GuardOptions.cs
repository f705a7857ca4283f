using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>A guard: what it looks for in requests and answers, and what it does about it.</summary>
public sealed class GuardOptions
{
    /// <summary>
    /// What it does: <c>mask</c> replaces secrets and personal data, <c>block</c> refuses words and patterns, <c>check</c> asks a service
    /// over HTTP, <c>plugin</c> is a guard of a plugin, by this name.
    /// </summary>
    [ConfigurationKeyName("type"), KnownValues("mask", "block", "check", "plugin")]
    public string Type { get; set; } = "";

    /// <summary>Whether it does so (<c>enforce</c>), or only says what it would have done (<c>report</c>).</summary>
    /// <value>The default is <c>enforce</c>.</value>
    [ConfigurationKeyName("mode"), KnownValues("enforce", "report")]
    public string Mode { get; set; } = "enforce";

    /// <summary>What it looks at: <c>request</c>, <c>answer</c>; empty, the default, is both.</summary>
    [ConfigurationKeyName("on"), KnownValues("request", "answer")]
    public List<string> On { get; set; } = [];

    /// <summary>
    /// What <c>mask</c> looks for: <c>secrets</c>, <c>email</c>, <c>phone</c>, <c>card</c>, <c>iban</c>. Empty, the default, is all of
    /// them, and none where <c>patterns</c> are given.
    /// </summary>
    [ConfigurationKeyName("find"), KnownValues("secrets", "email", "phone", "card", "iban")]
    public List<string> Find { get; set; } = [];

    /// <summary>Regular expressions by the name under which a match is told; they take time in proportion to the text.</summary>
    [ConfigurationKeyName("patterns")]
    public Dictionary<string, string> Patterns { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Words that <c>block</c> refuses, whatever their case, where they stand as words.</summary>
    [ConfigurationKeyName("words")]
    public List<string> Words { get; set; } = [];

    /// <summary>Whether <c>mask</c> puts what it has replaced in a request back into its answer.</summary>
    /// <value>The default is false.</value>
    [ConfigurationKeyName("restore")]
    public bool Restore { get; set; }

    /// <summary>The status of a refusal, 400 or 403.</summary>
    /// <value>The default is 403.</value>
    [ConfigurationKeyName("status")]
    public int Status { get; set; } = 403;

    /// <summary>
    /// How many letters of a stream <c>block</c> holds back, so that nothing of a match that long of a pattern leaves before it is found.
    /// </summary>
    /// <value>The default is 40.</value>
    [ConfigurationKeyName("window")]
    public int Window { get; set; } = 40;

    /// <summary>The address that <c>check</c> asks.</summary>
    [ConfigurationKeyName("url")]
    public string? Url { get; set; }

    /// <summary>What <c>check</c> sends as <c>Authorization: Bearer</c>; null for nothing.</summary>
    [ConfigurationKeyName("key"), Secret]
    public string? Key { get; set; }

    /// <summary>How long <c>check</c> waits for its answer.</summary>
    /// <value>The default is 2 seconds.</value>
    [ConfigurationKeyName("timeout")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// What becomes of a call when <c>check</c> gets no answer that can be used: <c>closed</c> refuses it, <c>open</c> lets it through.
    /// </summary>
    /// <value>The default is <c>closed</c>.</value>
    [ConfigurationKeyName("on_failure"), KnownValues("open", "closed")]
    public string OnFailure { get; set; } = "closed";

    /// <summary>The aliases or <c>provider/model</c> names, as calls name them, it looks at; empty, the default, is all.</summary>
    [ConfigurationKeyName("models")]
    public List<string> Models { get; set; } = [];

    /// <summary>The client keys whose calls it looks at; empty, the default, is all.</summary>
    [ConfigurationKeyName("keys")]
    public List<string> Keys { get; set; } = [];

    /// <summary>The tenants whose calls it looks at, those below them included; empty, the default, is all.</summary>
    [ConfigurationKeyName("tenants")]
    public List<string> Tenants { get; set; } = [];
}
