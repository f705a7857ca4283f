using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>
/// The settings of a user: the shape of <c>switchyard.yaml</c>. Nothing is required: each catalogue provider whose usual key
/// variable is set is enabled, and with none set the built-in mock answers.
/// </summary>
public sealed class SwitchyardOptions
{
    /// <summary>Providers by name: catalogue names take their facts from the catalogue, other names need <c>base_url</c>.</summary>
    [ConfigurationKeyName("providers")]
    public Dictionary<string, ProviderOptions> Providers { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Model aliases by name.</summary>
    [ConfigurationKeyName("models")]
    public Dictionary<string, ModelRouteOptions> Models { get; set; } = new(StringComparer.Ordinal);

    /// <summary>Virtual keys by name, each with its permissions.</summary>
    [ConfigurationKeyName("keys")]
    public Dictionary<string, KeyOptions> Keys { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Tenants by name, nested by slashes: <c>acme/build</c> is below <c>acme</c>.</summary>
    [ConfigurationKeyName("tenants")]
    public Dictionary<string, TenantOptions> Tenants { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The choice of targets.</summary>
    [ConfigurationKeyName("routing")]
    public RoutingOptions Routing { get; set; } = new();

    /// <summary>The prices of models.</summary>
    [ConfigurationKeyName("prices")]
    public PricesOptions Prices { get; set; } = new();

    /// <summary>The cache of whole answers; null, the default, keeps none.</summary>
    [ConfigurationKeyName("cache")]
    public CacheOptions? Cache { get; set; }

    /// <summary>Requests that clients repeat under the same <c>Idempotency-Key</c>.</summary>
    [ConfigurationKeyName("idempotency")]
    public IdempotencyOptions Idempotency { get; set; } = new();

    /// <summary>Answers of OpenAI's Responses format that the gateway stores if their provider does not.</summary>
    [ConfigurationKeyName("responses")]
    public ResponsesOptions Responses { get; set; } = new();

    /// <summary>Retries.</summary>
    [ConfigurationKeyName("retry")]
    public RetryOptions Retry { get; set; } = new();

    /// <summary>The circuit breaker of each target.</summary>
    [ConfigurationKeyName("circuit")]
    public CircuitOptions Circuit { get; set; } = new();

    /// <summary>The timeouts of a call.</summary>
    [ConfigurationKeyName("timeouts")]
    public TimeoutOptions Timeouts { get; set; } = new();

    /// <summary>
    /// The rate limits of providers, by name: of a provider as a whole (<c>openai</c>), or of one of its models
    /// (<c>openai/gpt-4o</c>).
    /// </summary>
    [ConfigurationKeyName("limits")]
    public Dictionary<string, LimitOptions> Limits { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Downloads of files that a client names by URL, for providers that accept only the bytes.</summary>
    [ConfigurationKeyName("media")]
    public MediaOptions Media { get; set; } = new();

    /// <summary>The refinement of schemas.</summary>
    [ConfigurationKeyName("refinement")]
    public RefinementOptions Refinement { get; set; } = new();

    /// <summary>The hosts that may be reached; null, the default, checks nothing.</summary>
    [ConfigurationKeyName("egress")]
    public EgressOptions? Egress { get; set; }

    /// <summary>Health checks of providers.</summary>
    [ConfigurationKeyName("health")]
    public HealthOptions Health { get; set; } = new();

    /// <summary>The HTTP server.</summary>
    [ConfigurationKeyName("server")]
    public ServerOptions Server { get; set; } = new();

    /// <summary>The admin API.</summary>
    [ConfigurationKeyName("admin")]
    public AdminOptions Admin { get; set; } = new();

    /// <summary>The dashboard, in a browser.</summary>
    [ConfigurationKeyName("dashboard")]
    public DashboardOptions Dashboard { get; set; } = new();

    /// <summary>The log: its content and its format.</summary>
    [ConfigurationKeyName("logs")]
    public LogOptions Logs { get; set; } = new();

    /// <summary>Metrics and traces.</summary>
    [ConfigurationKeyName("telemetry")]
    public TelemetryOptions Telemetry { get; set; } = new();

    /// <summary>Limits of spending.</summary>
    [ConfigurationKeyName("budgets")]
    public BudgetsOptions Budgets { get; set; } = new();

    /// <summary>The stores of the ledger, keys and shared state.</summary>
    [ConfigurationKeyName("storage")]
    public StorageOptions Storage { get; set; } = new();

    /// <summary>Guards by name: checks of the texts of requests and answers.</summary>
    [ConfigurationKeyName("guards")]
    public Dictionary<string, GuardOptions> Guards { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Recordings of requests to providers and their answers; null, the default, records nothing.</summary>
    [ConfigurationKeyName("recording")]
    public RecordingOptions? Recording { get; set; }

    /// <summary>Plugins, which are loaded, replaced and unloaded while the engine runs.</summary>
    [ConfigurationKeyName("plugins")]
    public PluginsOptions Plugins { get; set; } = new();

    /// <summary>The stores of secrets.</summary>
    [ConfigurationKeyName("secrets")]
    public SecretsOptions Secrets { get; set; } = new();

    /// <summary>Whether the attempts at each provider are counted in memory, for <c>ProviderStatistics</c> in process.</summary>
    /// <value>The default is true.</value>
    [ConfigurationKeyName("statistics")]
    public bool Statistics { get; set; } = true;

    /// <summary>
    /// Whether catalogue providers whose key variable is set are enabled without being named under <c>providers</c>; null: if no
    /// provider is enabled there, because the named providers are the whole list.
    /// </summary>
    /// <value>The default is null.</value>
    [ConfigurationKeyName("auto_enable")]
    public bool? AutoEnable { get; set; }

    /// <summary>The provider for a bare model name that no enabled provider is known to serve; null answers 404.</summary>
    [ConfigurationKeyName("default_provider")]
    public string? DefaultProvider { get; set; }

    /// <summary>
    /// Whether a request field that cannot be carried to the target, or a part of the answer that the client's format cannot hold, is a 400
    /// instead of being named in <c>x-switchyard-dropped</c>.
    /// </summary>
    /// <value>The default is false.</value>
    [ConfigurationKeyName("strict")]
    public bool Strict { get; set; }

    /// <summary>Whether clients must present a key.</summary>
    internal bool AsksForKeys => Server.RequireKeys || Server.Keys.Count > 0 || Keys.Count > 0;

    /// <summary>Whether the dashboard is served: it requires access to the admin API.</summary>
    internal bool HasDashboard => Dashboard.Enabled && Admin.IsOn;

    /// <summary>The places where the settings were written; null if no loader read them.</summary>
    internal SettingOrigins? Origins { get; set; }

    /// <summary>The run-time settings of providers that are not named here.</summary>
    internal Dictionary<string, ProviderTuning> Tuned { get; set; } = new(StringComparer.OrdinalIgnoreCase);
}
