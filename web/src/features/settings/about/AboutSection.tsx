import { Alert, Descriptions, Table } from 'antd'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'

import licences from './licences.json'
import { useAbout, useHealth } from '../queries.ts'
import { Loaded } from '../shared.tsx'

interface Package {
  name: string
  version: string
  licence: string
}

/** Versions, health and licences. */
export default function AboutSection() {
  const { t } = useTranslation('settings')
  return (
    <Loaded found={useAbout()}>
      {(about) => (
        <>
          <Descriptions
            bordered
            size="small"
            column={{ xs: 1, md: 2 }}
            items={[
              { key: 'version', label: t('about.version'), children: `emagsync ${about.version}` },
              { key: 'licence', label: t('about.licence'), children: about.licence },
              { key: 'python', label: t('about.python'), children: about.python },
              { key: 'database', label: t('about.database'), children: about.database },
              { key: 'schema', label: t('about.schema'), children: about.db_schema },
              { key: 'docs', label: t('about.docs'), children: <Link to="/docs">/docs</Link> },
            ]}
          />
          <Health />
          <Packages title={t('about.server')} packages={about.packages} />
          <Packages title={t('about.page')} packages={licences} />
        </>
      )}
    </Loaded>
  )
}

function Health() {
  const { t } = useTranslation('settings')
  return (
    <section>
      <h2 className="section-title">{t('about.health')}</h2>
      <Loaded found={useHealth()}>
        {({ status, checks }) => (
          <>
            <Alert
              showIcon
              type={status === 'ready' ? 'success' : 'error'}
              title={status === 'ready' ? t('about.ready') : t('about.notReady')}
            />
            <Descriptions
              size="small"
              column={1}
              className="checks"
              items={Object.entries(checks ?? {}).map(([name, check]) => ({
                key: name,
                label: t(`about.checks.${name}`, { defaultValue: name }),
                // The server's words are for its administrator.
                children: (
                  <span title={check.detail}>
                    {check.ok ? t('about.works') : t('about.fails', { detail: check.detail })}
                  </span>
                ),
              }))}
            />
          </>
        )}
      </Loaded>
    </section>
  )
}

function Packages({ title, packages }: { title: string; packages: Package[] }) {
  const { t } = useTranslation('settings')
  return (
    <details>
      <summary className="section-title">
        {title} ({packages.length})
      </summary>
      <Table<Package>
        rowKey={({ name, version }) => `${name} ${version}`}
        size="small"
        pagination={false}
        dataSource={packages}
        columns={[
          { key: 'name', title: t('about.name'), dataIndex: 'name' },
          { key: 'version', title: t('about.version'), dataIndex: 'version' },
          { key: 'licence', title: t('about.licence'), dataIndex: 'licence' },
        ]}
      />
    </details>
  )
}
